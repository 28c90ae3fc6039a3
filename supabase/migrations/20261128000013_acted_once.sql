-- "@app stop" comes as two events, and again where Slack heard no answer: only the first may stop what runs.
create function patchbay.runs_stop_once(p_key text, p_workspace text, p_runs jsonb, p_event jsonb, p_instance text, p_lease_ms integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  ids uuid[] := array(select value::uuid from jsonb_array_elements_text(p_runs));
  one uuid;
  ended jsonb;
  stopped jsonb := '[]';
begin
  insert into slack_seen_events (event_id) values (p_key) on conflict do nothing;
  if not found then return null; end if;
  -- All rows are locked in the order of run_poll, and before the audit is, so that neither waits for the other.
  perform from runs r where r.workspace_id = p_workspace and r.id = any (ids) order by r.number for update;
  for one in select r.id from runs r where r.workspace_id = p_workspace and r.id = any (ids) order by r.number loop
    ended := run_stop(p_workspace, one, p_event, p_instance, p_lease_ms);
    if ended ->> 'kind' = 'stopped' then
      stopped := stopped || jsonb_build_object('run', one, 'fence', ended -> 'fence');
    end if;
  end loop;
  return stopped;
end $$;
comment on function patchbay.runs_stop_once(text, text, jsonb, jsonb, text, integer) is 'stops runs because of one event and remembers that; the runs it stopped, or null when the event came before';

create function patchbay.slack_event_known(p_id text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select to_jsonb(exists (select from slack_seen_events where event_id = p_id))
$$;
comment on function patchbay.slack_event_known(text) is 'true when this event was taken before; remembers nothing';

create function patchbay.slack_event_forget(p_id text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  delete from slack_seen_events where event_id = p_id;
  return to_jsonb(found);
end $$;
comment on function patchbay.slack_event_forget(text) is 'takes the mark of an event back, so that it is acted on when it comes again';
-- The files that a request got later are few words; what calls gave as files can be large.
create or replace function patchbay.run_events_bare(p_run uuid) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(case when e.type = 'returned' then e.body || '{"files": [], "images": []}' else e.body end order by e.seq), '[]')
  from run_events e where e.run_id = p_run
$$;

create function patchbay.run_add_files(p_workspace text, p_run uuid, p_event jsonb) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row runs;
  added jsonb;
begin
  select * into row from runs where id = p_run and workspace_id = p_workspace for update;
  select jsonb_agg(file) into added from jsonb_array_elements(p_event -> 'files') file
  where not exists (
    select from run_events e, jsonb_array_elements(coalesce(e.body -> 'attached', e.body -> 'files', '[]')) known
    where e.run_id = p_run and e.type in ('started', 'files_added') and known -> 'id' = file -> 'id');
  if added is null or row.outcome = 'stopped' then return '"none"'; end if;
  if row.outcome is not null or exists (select from run_events where run_id = p_run and type = 'replied') then return '"late"'; end if;
  perform run_append_locked(p_run, jsonb_build_array(p_event || jsonb_build_object('files', added)));
  return '"added"';
end $$;
comment on function patchbay.run_add_files(text, uuid, jsonb) is 'adds files to the request of a run, whoever holds it: added, late once it has a reply, or none where all are known or it was stopped';

insert into patchbay.schema_versions (version, breaking) values ('20261128000013', false);
select patchbay.restrict_access();
