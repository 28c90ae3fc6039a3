create table runs (
  id uuid primary key,
  number bigint generated always as identity unique,
  workspace_id text not null,
  user_id text not null,
  lane text not null,
  dedupe_key text not null unique,
  status text not null default 'working' check (status in ('working', 'resting', 'closed')),
  outcome text check (outcome in ('finished', 'failed', 'stopped')),
  owner text,
  lease_until timestamptz,
  fence bigint not null default 0,
  last_seq integer not null default 0,
  turns integer not null default 0,
  input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  cached_tokens bigint not null default 0,
  cost_usd numeric(12, 6) not null default 0,
  started_at timestamptz not null default now(),
  closed_at timestamptz
);
comment on table runs is 'patchbay: the work on one request; working without a lease = free to take, resting = waits for a person';
create index runs_lane on runs (lane, number);
create index runs_open on runs (number) where status = 'working';
create index runs_person on runs (workspace_id, user_id, number desc);
alter table runs enable row level security;

create table run_events (
  run_id uuid not null references runs (id) on delete cascade,
  seq integer not null,
  body jsonb not null,
  at timestamptz not null default now(),
  primary key (run_id, seq)
);
comment on table run_events is 'patchbay: what happened to a run, in order; its state is folded from these and stored nowhere else';
alter table run_events enable row level security;

create table approvals (
  id text primary key,
  run_id uuid not null references runs (id) on delete cascade,
  call_id text not null,
  workspace_id text not null,
  requester text not null,
  approvers jsonb not null,
  four_eyes boolean not null default false,
  hash text not null,
  status text not null default 'pending' check (status in ('pending', 'approved', 'denied', 'expired', 'stopped')),
  decided_by text,
  decided_at timestamptz,
  reason text,
  expires_at timestamptz not null,
  created_at timestamptz not null default now()
);
comment on table approvals is 'patchbay: a person''s decision on one call; settles exactly once';
create index approvals_run on approvals (run_id);
create index approvals_pending on approvals (expires_at) where status = 'pending';
alter table approvals enable row level security;

create table slack_messages (
  run_id uuid not null references runs (id) on delete cascade,
  key text not null,
  channel text not null,
  ts text not null,
  picture text not null,
  live boolean not null default false,
  primary key (run_id, key)
);
comment on table slack_messages is 'patchbay: which Slack message shows which part of a run';
alter table slack_messages enable row level security;

create table seen_events (
  event_id text primary key,
  seen_at timestamptz not null default now()
);
comment on table seen_events is 'patchbay: Slack events taken in the last 24 hours';
create index seen_events_age on seen_events (seen_at);
alter table seen_events enable row level security;

-- What an event changes besides the run itself; runs in the transaction that appends it, so it is never lost or doubled.
create function run_project(p_run uuid, p_event jsonb) returns void
language plpgsql set search_path = public, pg_temp as $$
declare target jsonb;
begin
  case p_event ->> 'type'
  when 'replied' then
    update runs set turns = turns + 1,
      input_tokens = input_tokens + (p_event #>> '{usage,input}')::bigint,
      output_tokens = output_tokens + (p_event #>> '{usage,output}')::bigint,
      cached_tokens = cached_tokens + (p_event #>> '{usage,cacheRead}')::bigint,
      cost_usd = cost_usd + (p_event ->> 'costUsd')::numeric
    where id = p_run;
  when 'summarised' then
    update runs set cost_usd = cost_usd + (p_event ->> 'costUsd')::numeric where id = p_run;
  when 'judged' then
    if p_event ? 'approval' then
      insert into approvals (id, run_id, call_id, workspace_id, requester, approvers, four_eyes, hash, expires_at)
      select p_event #>> '{approval,id}', r.id, p_event ->> 'call', r.workspace_id, r.user_id, p_event #> '{approval,approvers}',
        (p_event #>> '{approval,fourEyes}')::boolean, p_event ->> 'hash', (p_event #>> '{approval,expiresAt}')::timestamptz
      from runs r where r.id = p_run;
    end if;
  when 'returned' then
    select body -> 'target' into target from run_events
    where run_id = p_run and body ->> 'type' = 'judged' and body ->> 'call' = p_event ->> 'call' order by seq desc limit 1;
    if target is not null and p_event ->> 'outcome' in ('ok', 'error', 'failed', 'cancelled', 'unknown') then
      insert into mcp_tool_usage (workspace_id, connection_id, run_id, tool_name, execution_time_ms, success, error_details)
      select r.workspace_id, (target ->> 'connection')::uuid, r.id, target ->> 'tool', (p_event ->> 'ms')::numeric::integer,
        p_event ->> 'outcome' = 'ok', case when p_event ->> 'outcome' <> 'ok' then left(p_event ->> 'summary', 500) end
      from runs r where r.id = p_run;
      update mcp_connections set usage_count = usage_count + 1, last_used = now() where id = (target ->> 'connection')::uuid;
    end if;
  when 'answered' then
    -- "Always allow" becomes a rule together with the answer, for the tool as it was defined on the card.
    if (p_event ->> 'always')::boolean then
      insert into rules (workspace_id, scope, user_id, connection_id, tool, verdict, definition, created_by)
      select r.workspace_id, 'person', r.user_id, (e.body #>> '{target,connection}')::uuid, e.body #>> '{target,tool}', 'allow',
        e.body ->> 'definition', p_event ->> 'by'
      from run_events e join runs r on r.id = e.run_id join mcp_connections c on c.id = (e.body #>> '{target,connection}')::uuid
      where e.run_id = p_run and e.body ->> 'type' = 'judged' and e.body ->> 'call' = p_event ->> 'call' order by e.seq desc limit 1
      on conflict (connection_id, tool) where scope = 'person' do update set definition = excluded.definition, verdict = 'allow';
    end if;
  when 'stopped' then
    update approvals set status = 'stopped', decided_by = p_event ->> 'by', decided_at = now() where run_id = p_run and status = 'pending';
    update runs set outcome = 'stopped' where id = p_run;
  when 'finished', 'failed' then
    update approvals set status = 'stopped', decided_at = now() where run_id = p_run and status = 'pending';
    update runs set outcome = p_event ->> 'type' where id = p_run;
  else
    null;
  end case;
end $$;
comment on function run_project(uuid, jsonb) is 'patchbay: keeps usage, counters and approvals in step with the events';

-- Appends without asking for a fence: only for callers that hold the row lock of the run.
create function run_put(p_run uuid, p_events jsonb) returns integer
language plpgsql set search_path = public, pg_temp as $$
declare
  event jsonb;
  seq_now integer;
begin
  for event in select value from jsonb_array_elements(p_events) loop
    update runs set last_seq = last_seq + 1 where id = p_run returning last_seq into seq_now;
    insert into run_events (run_id, seq, body) values (p_run, seq_now, event);
    perform run_project(p_run, event);
  end loop;
  return seq_now;
end $$;
comment on function run_put(uuid, jsonb) is 'patchbay: appends events to a run whose row is locked';

-- Takes the run if nobody holds it: the new fence, or null when somebody does.
create function run_take(p_run uuid, p_instance text, p_lease_ms integer) returns bigint
language sql set search_path = public, pg_temp as $$
  update runs set status = 'working', owner = p_instance, fence = fence + 1,
    lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
  where id = p_run and status <> 'closed' and (lease_until is null or lease_until < clock_timestamp())
    and not exists (select from runs ahead where ahead.lane = runs.lane and ahead.number < runs.number and ahead.status <> 'closed')
  returning fence
$$;
comment on function run_take(uuid, text, integer) is 'patchbay: claims a free run, raising its fence';

create function run_start(
  p_id uuid, p_workspace text, p_user text, p_lane text, p_dedupe text, p_events jsonb, p_instance text, p_lease_ms integer
) returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare
  known uuid;
  ahead uuid;
  taken bigint;
begin
  -- Starts in one conversation are put in order here; the lock also keeps a second delivery from racing the first.
  perform pg_advisory_xact_lock(hashtextextended('patchbay lane ' || p_lane, 0));
  select id into known from runs where dedupe_key = p_dedupe;
  if found then
    return jsonb_build_object('run', known, 'fresh', false, 'ahead', null, 'fence', null);
  end if;
  insert into workspaces (workspace_id) values (p_workspace) on conflict do nothing;
  insert into runs (id, workspace_id, user_id, lane, dedupe_key) values (p_id, p_workspace, p_user, p_lane, p_dedupe);
  perform run_put(p_id, p_events);
  select r.id into ahead from runs r where r.lane = p_lane and r.status <> 'closed' and r.id <> p_id order by r.number limit 1;
  if ahead is null and p_instance is not null then
    taken := run_take(p_id, p_instance, p_lease_ms);
  end if;
  return jsonb_build_object('run', p_id, 'fresh', true, 'ahead', ahead, 'fence', taken);
end $$;
comment on function run_start(uuid, text, text, text, text, jsonb, text, integer) is 'patchbay: one run per message, claimed at once when its conversation is free';

create function run_append(p_run uuid, p_fence bigint, p_seq integer, p_events jsonb, p_lease_ms integer) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  row runs;
  seq_now integer;
begin
  select * into row from runs where id = p_run for update;
  if not found or row.fence <> p_fence or row.status = 'closed' then
    return jsonb_build_object('kind', 'lost');
  end if;
  if row.last_seq <> p_seq then
    -- The answer to an earlier try of the same append may have been lost on the way.
    if exists (select from run_events where run_id = p_run and seq = p_seq + 1 and body = p_events -> 0) then
      return jsonb_build_object('kind', 'appended', 'seq', p_seq + jsonb_array_length(p_events));
    end if;
    return jsonb_build_object('kind', 'taken', 'seq', row.last_seq);
  end if;
  seq_now := run_put(p_run, p_events);
  update runs set lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond' where id = p_run;
  return jsonb_build_object('kind', 'appended', 'seq', seq_now);
end $$;
comment on function run_append(uuid, bigint, integer, jsonb, integer) is 'patchbay: appends for the holder only; an old fence or a taken seq is refused';

create function run_read(p_run uuid, p_after integer, p_bare boolean) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('id', r.id, 'fence', r.fence, 'seq', r.last_seq, 'status', r.status,
    'events', (select coalesce(jsonb_agg(case when p_bare and e.body ? 'files' then e.body || '{"files": [], "images": []}' else e.body end order by e.seq), '[]')
      from run_events e where e.run_id = r.id and e.seq > p_after and e.seq <= r.last_seq))
  from runs r where r.id = p_run
$$;
comment on function run_read(uuid, integer, boolean) is 'patchbay: a run''s events after a seq';

create function run_rest(p_run uuid, p_fence bigint, p_seq integer) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  update runs set status = 'resting', owner = null, lease_until = null
  where id = p_run and fence = p_fence and last_seq = p_seq and status = 'working';
  return to_jsonb(found);
end $$;
comment on function run_rest(uuid, bigint, integer) is 'patchbay: lets go of a run that waits for a person; refused when something happened since p_seq';

create function run_release(p_run uuid, p_fence bigint, p_after_ms integer) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  update runs set owner = null,
    lease_until = case when p_after_ms > 0 then clock_timestamp() + p_after_ms * interval '1 millisecond' end
  where id = p_run and fence = p_fence and status = 'working';
  return to_jsonb(found);
end $$;
comment on function run_release(uuid, bigint, integer) is 'patchbay: gives a run back unfinished, to be taken again after a while';

create function run_close(p_run uuid, p_fence bigint, p_seq integer) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare closed runs;
begin
  update runs set status = 'closed', owner = null, lease_until = null, closed_at = now()
  where id = p_run and fence = p_fence and last_seq = p_seq and status <> 'closed' returning * into closed;
  if not found then return jsonb_build_object('closed', false, 'next', null); end if;
  -- What calls gave as files stands in Slack from here on.
  update run_events set body = body || '{"files": [], "images": []}' where run_id = p_run and body ->> 'type' = 'returned'
    and (body -> 'files' <> '[]' or body -> 'images' <> '[]');
  return jsonb_build_object('closed', true, 'next',
    (select id from runs where lane = closed.lane and status = 'working' and number > closed.number order by number limit 1));
end $$;
comment on function run_close(uuid, bigint, integer) is 'patchbay: ends a run whose end is told; names the next of its conversation';

create function run_stop(p_run uuid, p_event jsonb, p_instance text, p_lease_ms integer) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare row runs;
begin
  select * into row from runs where id = p_run for update;
  if not found or row.status = 'closed' or row.outcome is not null then
    return jsonb_build_object('kind', 'over', 'fence', null);
  end if;
  perform run_put(p_run, jsonb_build_array(p_event));
  update runs set status = 'working' where id = p_run;
  return jsonb_build_object('kind', 'stopped', 'fence', run_take(p_run, p_instance, p_lease_ms));
end $$;
comment on function run_stop(uuid, jsonb, text, integer) is 'patchbay: stops a run whoever holds it';

-- Who may decide is the caller's question, asked again at click time; that it settles once is settled here.
create function approval_decide(p_id text, p_status text, p_by text, p_reason text, p_event jsonb, p_instance text, p_lease_ms integer)
returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare
  row approvals;
  event jsonb := p_event;
  verdict text := p_status;
begin
  select * into row from approvals where id = p_id;
  if not found then return jsonb_build_object('kind', 'gone'); end if;
  -- The run's row is always locked before the approval's, as in every other function here.
  perform from runs where id = row.run_id for update;
  select * into row from approvals where id = p_id for update;
  if row.status = 'pending' and row.expires_at <= clock_timestamp() and p_status <> 'expired' then
    verdict := 'expired';
    event := jsonb_build_object('type', 'answered', 'call', row.call_id, 'approval', row.id, 'decision', 'expired', 'at', p_event -> 'at');
  end if;
  if row.status <> 'pending' then
    return jsonb_build_object('kind', 'already', 'run', row.run_id, 'decision', row.status, 'by', row.decided_by, 'at', row.decided_at);
  end if;
  update approvals set status = verdict, decided_by = case when verdict = p_status then p_by end, decided_at = clock_timestamp(),
    reason = case when verdict = p_status then p_reason end where id = p_id returning * into row;
  perform run_put(row.run_id, jsonb_build_array(event));
  update runs set status = 'working' where id = row.run_id and status = 'resting';
  perform audit(row.workspace_id, coalesce(row.decided_by, 'patchbay'), 'approval_' || verdict,
    jsonb_build_object('approval', row.id, 'run', row.run_id, 'call', row.call_id, 'hash', row.hash, 'requester', row.requester));
  return jsonb_build_object('kind', case when verdict = p_status then 'settled' else 'already' end, 'run', row.run_id,
    'decision', verdict, 'by', row.decided_by, 'at', row.decided_at,
    'fence', case when p_instance is not null then run_take(row.run_id, p_instance, p_lease_ms) end);
end $$;
comment on function approval_decide(text, text, text, text, jsonb, text, integer) is 'patchbay: one compare-and-swap on pending; the winner also claims the run';

create function approval_expire(p_at text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare due record;
begin
  select id, call_id into due from approvals where status = 'pending' and expires_at <= clock_timestamp() order by expires_at limit 1;
  if not found then return to_jsonb(false); end if;
  perform approval_decide(due.id, 'expired', null, null,
    jsonb_build_object('type', 'answered', 'call', due.call_id, 'approval', due.id, 'decision', 'expired', 'at', p_at), null, 0);
  return to_jsonb(true);
end $$;
comment on function approval_expire(text) is 'patchbay: settles one approval nobody decided in time';

-- One call a second per instance: keeps its leases, says how far each held run has got, and takes what is free.
create function run_poll(p_instance text, p_held jsonb, p_free integer, p_lease_ms integer) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  held jsonb;
  taken jsonb := '[]';
  candidate record;
  fence_now bigint;
begin
  with kept as (
    update runs r set lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
    from jsonb_to_recordset(p_held) as h (run uuid, fence bigint)
    where r.id = h.run and r.fence = h.fence and r.status = 'working'
    returning r.id, r.last_seq
  )
  select coalesce(jsonb_agg(jsonb_build_object('run', id, 'seq', last_seq)), '[]') into held from kept;
  for candidate in
    select r.id from runs r
    where r.status = 'working' and (r.lease_until is null or r.lease_until < clock_timestamp())
      and not exists (select from runs ahead where ahead.lane = r.lane and ahead.number < r.number and ahead.status <> 'closed')
    order by r.number limit greatest(p_free, 0) for update of r skip locked
  loop
    fence_now := run_take(candidate.id, p_instance, p_lease_ms);
    if fence_now is not null then
      taken := taken || jsonb_build_object('run', candidate.id, 'fence', fence_now);
    end if;
  end loop;
  return jsonb_build_object('held', held, 'taken', taken);
end $$;
comment on function run_poll(text, jsonb, integer, integer) is 'patchbay: heartbeat and claim in one statement';

create function run_owners() returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(distinct owner), '[]') from runs where status = 'working' and owner is not null
$$;
comment on function run_owners() is 'patchbay: instances that hold runs';

create function run_disown(p_owner text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  update runs set owner = null, lease_until = null where owner = p_owner and status = 'working';
  return to_jsonb(found);
end $$;
comment on function run_disown(text) is 'patchbay: frees what an instance known to be dead still holds';

create function run_claim(p_run uuid, p_instance text, p_lease_ms integer) returns jsonb
language sql set search_path = public, pg_temp as $$
  select to_jsonb(run_take(p_run, p_instance, p_lease_ms))
$$;
comment on function run_claim(uuid, text, integer) is 'patchbay: takes one named run if it is free';

-- The conversation before a run: the newest summary, and every ended run after it.
create function lane_history(p_run uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  with this as (select lane, number from runs where id = p_run),
  summary as (
    select e.body, (select number from runs where id = (e.body ->> 'upTo')::uuid) as up_to
    from run_events e join runs r on r.id = e.run_id, this
    where r.lane = this.lane and r.number <= this.number and e.body ->> 'type' = 'summarised'
    order by r.number desc, e.seq desc limit 1
  )
  select jsonb_build_object(
    'summary', (select body ->> 'text' from summary),
    'runs', coalesce((
      select jsonb_agg(jsonb_build_object('id', r.id, 'events',
        (select jsonb_agg(case when e.body ? 'files' then e.body || '{"files": [], "images": []}' else e.body end order by e.seq)
          from run_events e where e.run_id = r.id)) order by r.number)
      from runs r, this
      where r.lane = this.lane and r.number < this.number and r.number > coalesce((select up_to from summary), 0)
    ), '[]'))
$$;
comment on function lane_history(uuid) is 'patchbay: what was said in a conversation before this run';

create function lane_open(p_lane text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('known', exists (select from runs where lane = p_lane),
    'open', (select id from runs where lane = p_lane and status <> 'closed' order by number limit 1))
$$;
comment on function lane_open(text) is 'patchbay: whether a conversation is ours, and the run at work in it';

create function approval_run(p_id text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('run', run_id, 'call', call_id, 'workspace', workspace_id, 'requester', requester, 'four_eyes', four_eyes)
  from approvals where id = p_id
$$;
comment on function approval_run(text) is 'patchbay: which run and call an approval is about';

create function approvals_pending(p_workspace text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('run', run_id, 'call', call_id, 'requester', requester) order by created_at), '[]')
  from (select * from approvals where workspace_id = p_workspace and status = 'pending' and expires_at > now() order by created_at limit 40) a
$$;
comment on function approvals_pending(text) is 'patchbay: a workspace''s open approvals, oldest first';

create function runs_recent(p_workspace text, p_user text, p_limit integer) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(id order by number desc), '[]')
  from (select id, number from runs where workspace_id = p_workspace and user_id = p_user order by number desc limit p_limit) r
$$;
comment on function runs_recent(text, text, integer) is 'patchbay: a person''s last runs, newest first';

create function shown_of(p_run uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('key', key, 'channel', channel, 'ts', ts, 'picture', picture, 'live', live) order by ts), '[]')
  from slack_messages where run_id = p_run
$$;
comment on function shown_of(uuid) is 'patchbay: the messages that show a run';

create function shown_record(p_run uuid, p_key text, p_channel text, p_ts text, p_picture text, p_live boolean) returns jsonb
language sql set search_path = public, pg_temp as $$
  insert into slack_messages (run_id, key, channel, ts, picture, live) values (p_run, p_key, p_channel, p_ts, p_picture, p_live)
  on conflict (run_id, key) do update set channel = excluded.channel, ts = excluded.ts, picture = excluded.picture, live = excluded.live;
  select null::jsonb
$$;
comment on function shown_record(uuid, text, text, text, text, boolean) is 'patchbay: remembers what a message shows';

create function shown_forget(p_run uuid, p_key text) returns jsonb
language sql set search_path = public, pg_temp as $$
  delete from slack_messages where run_id = p_run and key = p_key;
  select null::jsonb
$$;
comment on function shown_forget(uuid, text) is 'patchbay: a message is gone';

create function event_seen(p_id text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  insert into seen_events (event_id) values (p_id) on conflict do nothing;
  return to_jsonb(not found);
end $$;
comment on function event_seen(text) is 'patchbay: true when this event was taken before';

create function events_forget() returns jsonb
language sql set search_path = public, pg_temp as $$
  delete from seen_events where seen_at < now() - interval '24 hours';
  select null::jsonb
$$;
comment on function events_forget() is 'patchbay: drops markers nobody will ask for any more';

create or replace function schema_version() returns jsonb language sql immutable set search_path = public, pg_temp as
  $$ select '"20261121000004"'::jsonb $$;
select patchbay_seal();
