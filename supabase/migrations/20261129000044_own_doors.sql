-- An id alone must not lead to another workspace: files go to runs of one's own, and only a workspace's own cards are counted.
create or replace function patchbay.run_add_files(p_workspace text, p_run uuid, p_event jsonb) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row runs;
  added jsonb;
begin
  select * into row from runs where id = p_run and workspace_id = p_workspace for update;
  if not found then return '"none"'; end if;
  select jsonb_agg(file) into added from jsonb_array_elements(p_event -> 'files') file
  where not exists (
    select from run_events e, jsonb_array_elements(coalesce(e.body -> 'attached', e.body -> 'files', '[]')) known
    where e.run_id = p_run and e.type in ('started', 'files_added', 'withdrawn') and known -> 'id' = file -> 'id');
  if added is null or row.outcome = 'stopped' then return '"none"'; end if;
  if row.outcome is not null or exists (select from run_events where run_id = p_run and type = 'replied') then return '"late"'; end if;
  perform run_append_locked(p_run, jsonb_build_array(p_event || jsonb_build_object('files', added)));
  return '"added"';
end $$;

create or replace function patchbay.run_card_count_connection() returns trigger
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  if position('/' in new.mcp_type) = 0 then
    insert into mcp_run_cards (card_name, mcp_type, source, popularity_score, created_by) values (new.mcp_type, new.mcp_type, 'curated', 1, 'patchbay')
    on conflict (card_name) do update set popularity_score = mcp_run_cards.popularity_score + 1;
  else
    update mcp_run_cards set popularity_score = popularity_score + 1
    where card_name = new.mcp_type and (workspace_id is null or workspace_id = new.workspace_id);
  end if;
  return null;
end $$;

insert into patchbay.schema_versions (version, breaking) values ('20261129000044', false);
select patchbay.restrict_access();
