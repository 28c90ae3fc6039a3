-- What the requester says while their run waits for an approval is an answer to it: what waits is withdrawn, and the run goes on with their words.
alter table patchbay.approvals drop constraint approvals_status_check;
alter table patchbay.approvals add constraint approvals_status_check
  check (status in ('pending', 'approved', 'denied', 'expired', 'stopped', 'withdrawn'));

create function patchbay.run_waits(p_run uuid) returns boolean
language sql stable set search_path = patchbay, pg_temp as $$
  select exists (select from approvals where run_id = p_run and status = 'pending')
$$;
comment on function patchbay.run_waits(uuid) is 'whether a run waits for an approval';

create function patchbay.is_plain_request(p_workspace text, p_key text, p_started jsonb) returns boolean
language sql immutable set search_path = patchbay, pg_temp as $$
  select starts_with(p_key, concat_ws(':', p_workspace, p_started #>> '{origin,channel}', p_started #>> '{origin,messageTs}'))
    and not p_started ?| array['first', 'prompt', 'skill', 'earlier', 'untrusted'] and p_started -> 'context' = '[]'
$$;
comment on function patchbay.is_plain_request(text, text, jsonb) is 'whether a request is no more than a message''s words and files';

create function patchbay.withdrawn_event(p_started jsonb, p_key text) returns jsonb
language sql immutable set search_path = patchbay, pg_temp as $$
  select jsonb_strip_nulls(jsonb_build_object('type', 'withdrawn', 'calls', '[]'::jsonb, 'key', p_key, 'by', p_started #> '{origin,user}',
    'text', p_started -> 'text', 'messageTs', p_started #> '{origin,messageTs}', 'attached', p_started -> 'attached', 'at', p_started -> 'at'))
$$;
comment on function patchbay.withdrawn_event(jsonb, text) is 'the words of a request as an event of the run that they withdraw something of';

create function patchbay.run_withdraw(p_run uuid, p_event jsonb) returns void
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  one approvals;
  ended approvals[];
begin
  with changed as (
    update approvals set status = 'withdrawn', decided_by = p_event ->> 'by', decided_at = clock_timestamp()
    where run_id = p_run and status = 'pending' returning *
  )
  select array_agg(changed order by changed.created_at) into ended from changed;
  perform run_append_locked(p_run, jsonb_build_array(p_event || jsonb_build_object('calls',
    (select coalesce(jsonb_agg(call_id), '[]') from unnest(ended)))));
  update runs set status = 'working' where id = p_run and status = 'suspended';
  foreach one in array coalesce(ended, '{}') loop
    perform audit_append(one.workspace_id, p_event ->> 'by', 'approval_withdrawn',
      jsonb_build_object('approval', one.id, 'run', one.run_id, 'call', one.call_id, 'hash', one.hash, 'requester', one.requester));
  end loop;
end $$;
comment on function patchbay.run_withdraw(uuid, jsonb) is 'withdraws the open approvals of a run and appends the words that do so: only for callers that hold the lock on the run''s row';

create function patchbay.run_corrected_by(p_conversation text, p_key text) returns uuid
language sql stable set search_path = patchbay, pg_temp as $$
  select r.id from runs r join run_events e on e.run_id = r.id and e.type = 'withdrawn' and e.body ->> 'key' = p_key
  where r.conversation = p_conversation limit 1
$$;
comment on function patchbay.run_corrected_by(text, text) is 'the run that a message corrected';

create or replace function patchbay.run_start(
  p_id uuid, p_workspace text, p_user text, p_conversation text, p_dedupe_key text, p_events jsonb, p_instance text, p_lease_ms integer
) returns jsonb language plpgsql set search_path = patchbay, pg_temp as $$
declare
  -- What a message asks for beside its own run has a word behind the key.
  message text := regexp_replace(p_dedupe_key, '(:edited:[0-9.]+)?(:[a-z]+)?$', '');
  withdrawn boolean;
  known uuid;
  ahead uuid;
  claimed bigint;
begin
  -- The lock puts starts of one conversation in order, and keeps a second delivery from racing the first.
  perform pg_advisory_xact_lock(hashtextextended('patchbay conversation ' || p_conversation, 0));
  known := coalesce((select id from runs where dedupe_key = p_dedupe_key), run_corrected_by(p_conversation, p_dedupe_key));
  if known is not null then
    return jsonb_build_object('run', known, 'fresh', false, 'withdrawn', false, 'corrected', false, 'ahead', null, 'fence', null);
  end if;
  perform message_lock(message);
  withdrawn := exists (select from slack_seen_events where event_id = 'deleted:' || message);
  if not withdrawn and jsonb_array_length(p_events) = 1 and is_plain_request(p_workspace, p_dedupe_key, p_events -> 0) then
    select r.id into known from runs r
    where r.conversation = p_conversation and r.user_id = p_user and r.status <> 'closed' and r.outcome is null and run_waits(r.id)
    order by r.number limit 1 for update;
    -- It may have been decided while its row was waited for.
    if found and run_waits(known) then
      perform run_withdraw(known, withdrawn_event(p_events -> 0, p_dedupe_key));
      return jsonb_build_object('run', known, 'fresh', true, 'withdrawn', false, 'corrected', true, 'ahead', null,
        'fence', case when p_instance is not null then run_claim_if_free(known, p_instance, p_lease_ms) end);
    end if;
  end if;
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
  return jsonb_build_object('run', p_id, 'fresh', true, 'withdrawn', withdrawn, 'corrected', false, 'ahead', ahead, 'fence', claimed);
end $$;
comment on function patchbay.run_start(uuid, text, text, text, text, jsonb, text, integer) is 'one run per message, claimed at once when its conversation is free; where the person''s own run waits for an approval, their words withdraw that and the run goes on with them; stopped already where the message was told to be gone in the last 24 hours';

-- What the same person asked for while the run was at work, before it came to wait.
create function patchbay.runs_to_join(p_run uuid) returns setof uuid
language sql stable set search_path = patchbay, pg_temp as $$
  select q.id from runs r join runs q on q.conversation = r.conversation and q.number > r.number and q.user_id = r.user_id
    join run_events e on e.run_id = q.id and e.seq = 1
  where r.id = p_run and r.outcome is null and q.status = 'working' and q.outcome is null and q.fence = 0
    and is_plain_request(q.workspace_id, q.dedupe_key, e.body)
    and not exists (select from run_events x where x.run_id = q.id and x.type not in ('started', 'files_added'))
  order by q.number
$$;
comment on function patchbay.runs_to_join(uuid) is 'requests of the same person that wait behind a run and are not begun';

create function patchbay.run_join_queued(p_run uuid, p_fence bigint) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  lane text;
  queued uuid;
  row runs;
  joined integer := 0;
begin
  select conversation into lane from runs where id = p_run;
  if not run_waits(p_run) or not exists (select from runs_to_join(p_run)) then return to_jsonb(joined); end if;
  perform pg_advisory_xact_lock(hashtextextended('patchbay conversation ' || lane, 0));
  perform from runs where id = p_run and fence = p_fence and outcome is null for update;
  if not found or not run_waits(p_run) then return to_jsonb(joined); end if;
  foreach queued in array array(select runs_to_join(p_run)) loop
    -- One that was stopped meanwhile stays a run of its own.
    select * into row from runs where id = queued and outcome is null and fence = 0 for update;
    continue when not found;
    perform run_withdraw(p_run, withdrawn_event((select body from run_events where run_id = queued and seq = 1), row.dedupe_key)
      || jsonb_build_object('queued', queued, 'attached', (
        select coalesce(jsonb_agg(file), '[]') from run_events e, jsonb_array_elements(coalesce(e.body -> 'attached', e.body -> 'files', '[]')) file
        where e.run_id = queued)));
    update slack_messages set run_id = p_run, key = key || ':' || queued where run_id = queued;
    delete from runs where id = queued;
    joined := joined + 1;
  end loop;
  return to_jsonb(joined);
end $$;
comment on function patchbay.run_join_queued(uuid, bigint) is 'for the holder of a run that is about to wait for an approval: what its requester said meanwhile withdraws that, and is no request of its own any more; how many messages';

create or replace function patchbay.run_suspend(p_run uuid, p_fence bigint, p_seq integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  update runs set status = 'suspended', owner = null, lease_until = null, all_recorded = true
  where id = p_run and fence = p_fence and last_seq = p_seq and status = 'working'
    and not (run_waits(p_run) and exists (select from runs_to_join(p_run)));
  return to_jsonb(found);
end $$;
comment on function patchbay.run_suspend(uuid, bigint, integer) is 'lets go of a run that waits for a person; refused when something happened since p_seq, or its requester said something that withdraws what it waits for';

-- A run that has ended only has to be shown, also where others of its conversation are at work.
create or replace function patchbay.run_claim_if_free(p_run uuid, p_instance text, p_lease_ms integer) returns bigint
language sql set search_path = patchbay, pg_temp as $$
  update runs set status = 'working', owner = p_instance, fence = fence + 1,
    lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
  where id = p_run and status <> 'closed' and (owner is null or lease_until is null or lease_until < clock_timestamp())
    and (outcome is not null or not exists (select from runs ahead
      where ahead.conversation = runs.conversation and ahead.number < runs.number and ahead.status <> 'closed'))
  returning fence
$$;

create or replace function patchbay.run_poll(p_instance text, p_held jsonb, p_free integer, p_lease_ms integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  held jsonb;
  taken jsonb := '[]';
  candidate record;
  fence_now bigint;
begin
  with ours as materialized (
    select r.id from runs r join jsonb_to_recordset(p_held) as h (run uuid, fence bigint) on r.id = h.run and r.fence = h.fence
    where r.status = 'working' order by r.number for update of r
  ), kept as (
    update runs r set lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
    from ours where r.id = ours.id
    returning r.id, r.last_seq
  )
  select coalesce(jsonb_agg(jsonb_build_object('run', id, 'seq', last_seq)), '[]') into held from kept;
  for candidate in
    select r.id from runs r
    where r.status = 'working' and (r.lease_until is null or r.lease_until < clock_timestamp())
      and (r.outcome is not null or not exists (select from runs ahead
        where ahead.conversation = r.conversation and ahead.number < r.number and ahead.status <> 'closed'))
    order by r.number limit greatest(p_free, 0) for update of r skip locked
  loop
    fence_now := run_claim_if_free(candidate.id, p_instance, p_lease_ms);
    if fence_now is not null then
      taken := taken || jsonb_build_object('run', candidate.id, 'fence', fence_now);
    end if;
  end loop;
  return jsonb_build_object('held', held, 'taken', taken);
end $$;

create or replace function patchbay.run_stop(p_workspace text, p_run uuid, p_event jsonb, p_instance text, p_lease_ms integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row runs;
  queued uuid;
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
  -- What the person said behind it was said to what is stopped now. It is begun when they say so.
  if not p_event ? 'why' and row.outcome is null and row.fence > 0 then
    for queued in
      select q.id from runs q where q.conversation = row.conversation and q.number > row.number and q.user_id = row.user_id
        and q.status = 'working' and q.outcome is null and q.fence = 0 and q.dedupe_key not like 'again:%'
      order by q.number for update
    loop
      perform run_append_locked(queued, jsonb_build_array(p_event || '{"why": "stopped_before"}'));
      perform audit_append(p_workspace, p_event ->> 'by', 'run_stopped',
        jsonb_build_object('run', queued, 'requester', row.user_id, 'why', 'stopped_before'));
    end loop;
  end if;
  perform audit_append(p_workspace, p_event ->> 'by', 'run_stopped',
    jsonb_strip_nulls(jsonb_build_object('run', p_run, 'requester', row.user_id, 'why', p_event ->> 'why')));
  return jsonb_build_object('kind', 'stopped', 'fence', claimed);
end $$;
comment on function patchbay.run_stop(text, uuid, jsonb, text, integer) is 'stops a run whoever holds it, and what its requester asked for behind it';

create function patchbay.message_changed(
  p_id uuid, p_workspace text, p_user text, p_conversation text, p_message text, p_dedupe_key text, p_events jsonb, p_stop jsonb, p_instance text, p_lease_ms integer
) returns jsonb language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row runs;
  stopped jsonb;
begin
  perform pg_advisory_xact_lock(hashtextextended('patchbay conversation ' || p_conversation, 0));
  if exists (select from runs where dedupe_key = p_dedupe_key) or run_corrected_by(p_conversation, p_dedupe_key) is not null then
    return '{"kind": "over"}';
  end if;
  select * into row from runs r
  where r.conversation = p_conversation and r.user_id = p_user and r.status <> 'closed' and r.outcome is null
    and (r.dedupe_key = p_message or starts_with(r.dedupe_key, p_message || ':edited:') or exists (select from run_events e
      where e.run_id = r.id and e.type = 'withdrawn' and e.body ->> 'messageTs' = p_events #>> '{0,origin,messageTs}'))
  order by r.number limit 1 for update;
  if not found or row.outcome is not null then return '{"kind": "over"}'; end if;
  -- A change comes as two events where it adds a mention, and the other may have asked already.
  if p_events #>> '{0,text}' = (select e.body ->> 'text' from run_events e where e.run_id = row.id
    and p_events #>> '{0,origin,messageTs}' in (e.body #>> '{origin,messageTs}', e.body ->> 'messageTs') order by e.seq desc limit 1) then
    return '{"kind": "over"}';
  end if;
  if run_waits(row.id) then
    perform run_withdraw(row.id, withdrawn_event(p_events -> 0, p_dedupe_key) || '{"edited": true}');
    return jsonb_build_object('kind', 'corrected', 'run', row.id, 'fence', run_claim_if_free(row.id, p_instance, p_lease_ms));
  end if;
  -- What has been done, or answered, or was said since, stays.
  if exists (select from run_events where run_id = row.id
    and (type in ('called', 'withdrawn') or (type = 'replied' and body ->> 'stop' <> 'tools'))) then
    return '{"kind": "over"}';
  end if;
  stopped := run_stop(p_workspace, row.id, p_stop, p_instance, p_lease_ms);
  return jsonb_build_object('kind', 'begun_anew', 'run', row.id, 'fence', stopped -> 'fence', 'begun',
    run_start(p_id, p_workspace, p_user, p_conversation, p_dedupe_key, p_events, null, p_lease_ms));
end $$;
comment on function patchbay.message_changed(uuid, text, text, text, text, text, jsonb, jsonb, text, integer) is 'the new words of a message: they withdraw what its run waits for, or begin anew where nothing was done; over where they come too late or again';

create or replace function patchbay.message_deleted(p_workspace text, p_channel text, p_ts text, p_thread text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  message text := p_workspace || ':' || p_channel || ':' || p_ts;
begin
  perform message_lock(message);
  insert into slack_seen_events (event_id) values ('deleted:' || message) on conflict do nothing;
  return (
    select coalesce(jsonb_agg(jsonb_build_object('run', r.id, 'requester', r.user_id) order by r.number), '[]')
    from runs r join run_events e on e.run_id = r.id and e.seq = 1
    where r.status <> 'closed' and r.outcome is null
      and (r.dedupe_key = message or starts_with(r.dedupe_key, message || ':edited:')
        or (r.conversation = p_workspace || ':' || p_channel || ':' || p_thread and p_ts in (p_thread, e.body #>> '{origin,messageTs}',
          (select w.body ->> 'messageTs' from run_events w where w.run_id = r.id and w.type = 'withdrawn' order by w.seq desc limit 1))))
  );
end $$;
comment on function patchbay.message_deleted(text, text, text, text) is 'notes that a message is gone; the runs at work that it asked for or corrected last, or whose thread it began, with who asked';

create or replace function patchbay.message_hear(
  p_workspace text, p_channel text, p_ts text, p_conversation text, p_user text, p_author text, p_text text, p_edited_ts text
) returns jsonb language plpgsql set search_path = patchbay, pg_temp as $$
begin
  insert into heard_messages (workspace_id, channel, ts, conversation, user_id, author, text, edited_ts)
  select p_workspace, p_channel, p_ts, p_conversation, p_user, p_author, p_text, coalesce(p_edited_ts, '')
  where exists (select from runs where conversation = p_conversation)
    and not exists (select from runs where dedupe_key = p_workspace || ':' || p_channel || ':' || p_ts)
    and run_corrected_by(p_conversation, p_workspace || ':' || p_channel || ':' || p_ts) is null
  on conflict (workspace_id, channel, ts) do update set author = excluded.author, text = excluded.text, edited_ts = excluded.edited_ts
  where heard_messages.text is not null and heard_messages.edited_ts < excluded.edited_ts;
  return to_jsonb(found);
end $$;

create or replace function patchbay.run_add_files(p_workspace text, p_run uuid, p_event jsonb) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row runs;
  added jsonb;
begin
  select * into row from runs where id = p_run and workspace_id = p_workspace for update;
  select jsonb_agg(file) into added from jsonb_array_elements(p_event -> 'files') file
  where not exists (
    select from run_events e, jsonb_array_elements(coalesce(e.body -> 'attached', e.body -> 'files', '[]')) known
    where e.run_id = p_run and e.type in ('started', 'files_added', 'withdrawn') and known -> 'id' = file -> 'id');
  if added is null or row.outcome = 'stopped' then return '"none"'; end if;
  if row.outcome is not null or exists (select from run_events where run_id = p_run and type = 'replied') then return '"late"'; end if;
  perform run_append_locked(p_run, jsonb_build_array(p_event || jsonb_build_object('files', added)));
  return '"added"';
end $$;

create or replace function patchbay.exchange_before(p_run uuid) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'events', (
      select jsonb_agg(e.body order by e.seq) from run_events e
      where e.run_id = r.id and e.type in ('started', 'files_added', 'replied', 'withdrawn', 'stopped', 'failed', 'finished'))) order by r.number), '[]')
  from (
    select recent.id, recent.number
    from runs this cross join lateral (
      -- Among a person's last runs in all places; more of them in one hour are not looked through.
      select * from runs r where r.workspace_id = this.workspace_id and r.user_id = this.user_id and r.number < this.number
      order by r.number desc limit 50) recent
    where this.id = p_run and recent.conversation <> this.conversation
      and starts_with(recent.conversation, this.workspace_id || ':' ||
        (select body #>> '{origin,channel}' from run_events where run_id = p_run and seq = 1) || ':')
      and (recent.started_at >= this.started_at - interval '1 hour'
        or recent.closed_at between this.started_at - interval '1 hour' and this.started_at)
      -- What ends only later would change what was told; what was deleted or said anew is told to nobody.
      and exists (select from run_events e where e.run_id = recent.id and e.type in ('stopped', 'failed', 'finished')
        and e.at <= this.started_at)
      and not exists (select from run_events e where e.run_id = recent.id and e.type = 'stopped'
        and e.body ->> 'why' in ('request_deleted', 'message_changed'))
    order by recent.number desc limit 5) r
$$;

insert into patchbay.schema_versions (version, breaking) values ('20261129000019', false);
select patchbay.restrict_access();
