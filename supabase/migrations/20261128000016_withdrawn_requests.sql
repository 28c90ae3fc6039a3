-- A request whose message was deleted is withdrawn: its run stops, also where the deletion is told before the message.
create function patchbay.message_lock(p_key text) returns void
language sql set search_path = patchbay, pg_temp as $$
  select pg_advisory_xact_lock(hashtextextended('patchbay message ' || p_key, 0))
$$;
comment on function patchbay.message_lock(text) is 'puts the start of what a message asks for and its deletion in order, so that one sees the other';

create function patchbay.message_deleted(p_workspace text, p_channel text, p_ts text, p_thread text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  perform message_lock(p_workspace || ':' || p_channel || ':' || p_ts);
  insert into slack_seen_events (event_id) values ('deleted:' || p_workspace || ':' || p_channel || ':' || p_ts) on conflict do nothing;
  return (
    select coalesce(jsonb_agg(jsonb_build_object('run', r.id, 'requester', r.user_id) order by r.number), '[]')
    from runs r join run_events e on e.run_id = r.id and e.seq = 1
    where r.status <> 'closed' and r.outcome is null
      and (r.dedupe_key = p_workspace || ':' || p_channel || ':' || p_ts
        or (r.conversation = p_workspace || ':' || p_channel || ':' || p_thread and p_ts in (p_thread, e.body #>> '{origin,messageTs}')))
  );
end $$;
comment on function patchbay.message_deleted(text, text, text, text) is 'notes that a message is gone; the runs at work that it asked for, or whose thread it began, with who asked';

create or replace function patchbay.run_start(
  p_id uuid, p_workspace text, p_user text, p_conversation text, p_dedupe_key text, p_events jsonb, p_instance text, p_lease_ms integer
) returns jsonb language plpgsql set search_path = patchbay, pg_temp as $$
declare
  -- What a message asks for beside its own run has a word behind the key.
  message text := regexp_replace(p_dedupe_key, ':[a-z]+$', '');
  withdrawn boolean;
  known uuid;
  ahead uuid;
  claimed bigint;
begin
  -- The lock puts starts of one conversation in order, and keeps a second delivery from racing the first.
  perform pg_advisory_xact_lock(hashtextextended('patchbay conversation ' || p_conversation, 0));
  select id into known from runs where dedupe_key = p_dedupe_key;
  if found then
    return jsonb_build_object('run', known, 'fresh', false, 'withdrawn', false, 'ahead', null, 'fence', null);
  end if;
  perform message_lock(message);
  withdrawn := exists (select from slack_seen_events where event_id = 'deleted:' || message);
  insert into workspaces (workspace_id) values (p_workspace) on conflict do nothing;
  -- A close that is under way is waited for; one that comes later waits, and then names this run as its next.
  perform from runs r where r.conversation = p_conversation and r.status <> 'closed' order by r.number for share;
  insert into runs (id, workspace_id, user_id, conversation, dedupe_key) values (p_id, p_workspace, p_user, p_conversation, p_dedupe_key);
  perform run_append_locked(p_id, p_events);
  if withdrawn then
    perform run_append_locked(p_id, jsonb_build_array(jsonb_build_object(
      'type', 'stopped', 'by', p_user, 'why', 'request_deleted', 'at', p_events #> '{0,at}')));
    perform audit_append(p_workspace, p_user, 'run_stopped', jsonb_build_object('run', p_id, 'requester', p_user, 'why', 'request_deleted'));
  end if;
  select r.id into ahead from runs r where r.conversation = p_conversation and r.status <> 'closed' and r.id <> p_id order by r.number limit 1;
  if ahead is null and p_instance is not null then
    claimed := run_claim_if_free(p_id, p_instance, p_lease_ms);
  end if;
  -- The key of a repeat is again:<run> or again:<run>:<call>.
  if p_dedupe_key like 'again:%' then
    perform audit_append(p_workspace, p_user, 'run_repeated', jsonb_strip_nulls(jsonb_build_object('run', p_id,
      'repeats', split_part(p_dedupe_key, ':', 2), 'call', nullif(split_part(p_dedupe_key, ':', 3), ''))));
  end if;
  return jsonb_build_object('run', p_id, 'fresh', true, 'withdrawn', withdrawn, 'ahead', ahead, 'fence', claimed);
end $$;
comment on function patchbay.run_start(uuid, text, text, text, text, jsonb, text, integer) is 'one run per message, claimed at once when its conversation is free; stopped already where the message was told to be gone in the last 24 hours';

create or replace function patchbay.run_stop(p_workspace text, p_run uuid, p_event jsonb, p_instance text, p_lease_ms integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row runs;
  claimed bigint;
begin
  select * into row from runs where id = p_run and workspace_id = p_workspace for update;
  -- A run that has ended is still open while it cannot be shown: the first stop ends the tries.
  if not found or row.status = 'closed'
    or (row.outcome is not null and exists (select from run_events where run_id = p_run and type = 'stopped')) then
    return jsonb_build_object('kind', 'over', 'fence', null);
  end if;
  perform run_append_locked(p_run, jsonb_build_array(p_event));
  update runs set status = 'working' where id = p_run;
  claimed := run_claim_if_free(p_run, p_instance, p_lease_ms);
  perform audit_append(p_workspace, p_event ->> 'by', 'run_stopped',
    jsonb_strip_nulls(jsonb_build_object('run', p_run, 'requester', row.user_id, 'why', p_event ->> 'why')));
  return jsonb_build_object('kind', 'stopped', 'fence', claimed);
end $$;

create function patchbay.approvers_told(p_workspace text, p_users jsonb) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare told jsonb;
begin
  select coalesce(settings -> 'approvers_told', '[]') into told from workspaces where workspace_id = p_workspace for update;
  if not found or told @> p_users then return '[]'; end if;
  update workspaces set settings = jsonb_set(settings, '{approvers_told}',
    told || (select jsonb_agg(one) from jsonb_array_elements(p_users) one where not told @> one)) where workspace_id = p_workspace;
  return (select coalesce(jsonb_agg(one), '[]') from jsonb_array_elements(p_users) one where not told @> one);
end $$;
comment on function patchbay.approvers_told(text, jsonb) is 'notes which approvers cannot decide any more; those of them that the owners have not been told of';

-- Owners decide where none of the named approvers can.
create or replace function patchbay.approvals_pending(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  with approvers as (select approvers_of(p_workspace) as named),
  open as (
    select a.* from approvals a, approvers
    where a.workspace_id = p_workspace and a.status = 'pending' and a.expires_at > now()
      and (approval_may_decide(a, p_user, approvers.named) or exists (select from run_events e
        where e.run_id = a.run_id and e.type = 'judged' and e.body #>> '{approval,id}' = a.id
          and e.body #> '{approval,byOwners}' = 'true' and e.body #> '{approval,approvers}' ? p_user))
    order by a.created_at limit 40
  )
  select coalesce(jsonb_agg(jsonb_build_object('run', run_id, 'call', call_id, 'events', run_events_bare(run_id)) order by created_at), '[]')
  from open
$$;

insert into patchbay.schema_versions (version, breaking) values ('20261128000016', false);
select patchbay.restrict_access();
