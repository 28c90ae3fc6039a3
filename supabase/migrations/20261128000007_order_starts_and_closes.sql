-- A run that starts while the one ahead of it is being closed must be seen by one of the two.
create or replace function patchbay.run_start(
  p_id uuid, p_workspace text, p_user text, p_conversation text, p_dedupe_key text, p_events jsonb, p_instance text, p_lease_ms integer
) returns jsonb language plpgsql set search_path = patchbay, pg_temp as $$
declare
  known uuid;
  ahead uuid;
  claimed bigint;
begin
  -- The lock puts starts of one conversation in order, and keeps a second delivery from racing the first.
  perform pg_advisory_xact_lock(hashtextextended('patchbay conversation ' || p_conversation, 0));
  select id into known from runs where dedupe_key = p_dedupe_key;
  if found then
    return jsonb_build_object('run', known, 'fresh', false, 'ahead', null, 'fence', null);
  end if;
  insert into workspaces (workspace_id) values (p_workspace) on conflict do nothing;
  -- A close that is under way is waited for; one that comes later waits, and then names this run as its next.
  perform from runs r where r.conversation = p_conversation and r.status <> 'closed' order by r.number for share;
  insert into runs (id, workspace_id, user_id, conversation, dedupe_key) values (p_id, p_workspace, p_user, p_conversation, p_dedupe_key);
  perform run_append_locked(p_id, p_events);
  select r.id into ahead from runs r where r.conversation = p_conversation and r.status <> 'closed' and r.id <> p_id order by r.number limit 1;
  if ahead is null and p_instance is not null then
    claimed := run_claim_if_free(p_id, p_instance, p_lease_ms);
  end if;
  -- The key of a repeat is again:<run> or again:<run>:<call>.
  if p_dedupe_key like 'again:%' then
    perform audit_append(p_workspace, p_user, 'run_repeated', jsonb_strip_nulls(jsonb_build_object('run', p_id,
      'repeats', split_part(p_dedupe_key, ':', 2), 'call', nullif(split_part(p_dedupe_key, ':', 3), ''))));
  end if;
  return jsonb_build_object('run', p_id, 'fresh', true, 'ahead', ahead, 'fence', claimed);
end $$;

insert into patchbay.schema_versions (version, breaking) values ('20261128000007', false);
select patchbay.restrict_access();
