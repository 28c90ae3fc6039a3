-- Lock order, in every function: the conversation's advisory lock, the run's row, the row of its approval or input request,
-- rows of rules, connections and usage, and last the workspace's audit chain.

create table patchbay.runs (
  id uuid primary key,
  number bigint generated always as identity unique,
  workspace_id text not null,
  user_id text not null,
  conversation text not null,
  dedupe_key text not null unique,
  status text not null default 'working' check (status in ('working', 'suspended', 'closed')),
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
comment on table patchbay.runs is 'the work on one request; working without a lease = free to claim, suspended = waits for a person';
create index runs_conversation on patchbay.runs (conversation, number);
create index runs_open on patchbay.runs (number) where status = 'working';
create index runs_person on patchbay.runs (workspace_id, user_id, number desc);
create index runs_month on patchbay.runs (workspace_id, started_at);
create index runs_closed on patchbay.runs (workspace_id, closed_at) where status = 'closed';
alter table patchbay.runs enable row level security;

create table patchbay.run_events (
  run_id uuid not null references patchbay.runs (id) on delete cascade,
  seq integer not null,
  body jsonb not null,
  type text generated always as (body ->> 'type') stored,
  at timestamptz not null default now(),
  primary key (run_id, seq)
);
comment on table patchbay.run_events is 'what happened to a run, in order; its state is folded from these and stored nowhere else';
create index run_events_type on patchbay.run_events (run_id, type);
alter table patchbay.run_events enable row level security;

create table patchbay.approvals (
  id text primary key,
  run_id uuid not null references patchbay.runs (id) on delete cascade,
  call_id text not null,
  workspace_id text not null,
  requester text not null,
  approvers jsonb not null,
  four_eyes boolean not null default false,
  risk text not null check (risk in ('write', 'destructive')),
  hash text not null,
  status text not null default 'pending' check (status in ('pending', 'approved', 'denied', 'expired', 'stopped')),
  decided_by text,
  decided_at timestamptz,
  reason text,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  reminded_at timestamptz
);
comment on table patchbay.approvals is 'a person''s decision on one call; settles exactly once';
comment on column patchbay.approvals.reminded_at is 'when those who may decide were reminded; set by the one instance that does it';
create index approvals_run on patchbay.approvals (run_id);
create index approvals_pending on patchbay.approvals (expires_at) where status = 'pending';
create index approvals_open on patchbay.approvals (workspace_id, created_at) where status = 'pending';
alter table patchbay.approvals enable row level security;

create table patchbay.input_requests (
  id text primary key,
  run_id uuid not null references patchbay.runs (id) on delete cascade,
  call_id text not null,
  workspace_id text not null,
  user_id text not null,
  kind text not null,
  live boolean not null,
  status text not null default 'pending' check (status in ('pending', 'accept', 'decline', 'cancel', 'expired', 'over')),
  answered_by text,
  answered_at timestamptz,
  expires_at timestamptz not null,
  created_at timestamptz not null default clock_timestamp(),
  reminded_at timestamptz
);
comment on table patchbay.input_requests is 'what a server asked of a person during a call; settles exactly once, over = the call ended first, live = the server waits on the open request';
create index input_requests_run on patchbay.input_requests (run_id);
create index input_requests_pending on patchbay.input_requests (expires_at) where status = 'pending';
create index input_requests_person on patchbay.input_requests (workspace_id, user_id) where status = 'pending';
alter table patchbay.input_requests enable row level security;

create table patchbay.run_feedback (
  run_id uuid not null references patchbay.runs (id) on delete cascade,
  user_id text not null,
  verdict text not null check (verdict in ('good', 'bad')),
  at timestamptz not null default now(),
  primary key (run_id, user_id)
);
comment on table patchbay.run_feedback is 'what a person thought of an answer; the latest verdict counts';
alter table patchbay.run_feedback enable row level security;

create function patchbay.approvals_close(p_run uuid, p_by text) returns void
language plpgsql set search_path = patchbay, pg_temp as $$
declare row approvals;
begin
  for row in
    update approvals set status = 'stopped', decided_by = p_by, decided_at = clock_timestamp()
    where run_id = p_run and status = 'pending' returning *
  loop
    perform audit_append(row.workspace_id, coalesce(p_by, 'patchbay'), 'approval_stopped',
      jsonb_build_object('approval', row.id, 'run', row.run_id, 'call', row.call_id, 'hash', row.hash, 'requester', row.requester));
  end loop;
end $$;
comment on function patchbay.approvals_close(uuid, text) is 'closes the open approvals of a run that ended';

create function patchbay.inputs_close(p_run uuid, p_call text) returns void
language sql set search_path = patchbay, pg_temp as $$
  update input_requests set status = 'over', answered_at = clock_timestamp()
  where run_id = p_run and status = 'pending' and (p_call is null or call_id = p_call)
$$;
comment on function patchbay.inputs_close(uuid, text) is 'closes the open input requests of a call, or with null of the whole run';

-- Runs in the transaction that appends the event, so that nothing is lost or doubled.
create function patchbay.run_apply_projections(p_run uuid, p_event jsonb) returns void
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  run runs;
  judged jsonb;
begin
  select * into run from runs where id = p_run;
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
      insert into approvals (id, run_id, call_id, workspace_id, requester, approvers, four_eyes, risk, hash, expires_at)
      values (p_event #>> '{approval,id}', run.id, p_event ->> 'call', run.workspace_id, run.user_id, p_event #> '{approval,approvers}',
        (p_event #>> '{approval,fourEyes}')::boolean, case when p_event ->> 'risk' in ('read', 'write') then 'write' else 'destructive' end, p_event ->> 'hash',
        (p_event #>> '{approval,expiresAt}')::timestamptz);
    end if;
  when 'asked_input' then
    -- A run that has ended meanwhile asks nobody.
    insert into input_requests (id, run_id, call_id, workspace_id, user_id, kind, live, status, expires_at)
    values (p_event ->> 'input', run.id, p_event ->> 'call', run.workspace_id, p_event ->> 'person', p_event #>> '{request,kind}',
      p_event #>> '{resume,how}' = 'live', case when run.outcome is null then 'pending' else 'over' end, (p_event ->> 'expiresAt')::timestamptz);
  when 'called' then
    perform inputs_close(p_run, p_event ->> 'call');
  when 'returned' then
    perform inputs_close(p_run, p_event ->> 'call');
    select body -> 'target' into judged from run_events
    where run_id = p_run and type = 'judged' and body ->> 'call' = p_event ->> 'call' order by seq desc limit 1;
    if judged is not null and p_event ->> 'outcome' in ('ok', 'error', 'failed', 'cancelled', 'unknown') then
      insert into mcp_tool_usage (workspace_id, connection_id, run_id, agent_id, tool_name, execution_time_ms, success, error_details, tokens_saved)
      values (run.workspace_id, (judged ->> 'connection')::uuid, run.id, 'default', judged ->> 'tool', (p_event ->> 'ms')::double precision,
        p_event ->> 'outcome' = 'ok', case when p_event ->> 'outcome' <> 'ok' then jsonb_build_object(
          'cause', p_event ->> 'outcome', 'code', coalesce(p_event ->> 'why', 'tool_error'), 'words', left(p_event ->> 'summary', 500)) end, 0);
      update mcp_connections set usage_count = usage_count + 1, last_used = now()
      where id = (judged ->> 'connection')::uuid and workspace_id = run.workspace_id;
    end if;
  when 'answered' then
    -- "Always allow" becomes a rule together with the answer, for the tool as it was defined on the card; not for a connection that is gone.
    if (p_event ->> 'always')::boolean then
      select body into judged from run_events
      where run_id = p_run and type = 'judged' and body ->> 'call' = p_event ->> 'call' order by seq desc limit 1;
      if exists (select from mcp_connections
        where id = (judged #>> '{target,connection}')::uuid and workspace_id = run.workspace_id and user_id = run.user_id) then
        perform rule_add_always(run.workspace_id, run.user_id, (judged #>> '{target,connection}')::uuid, judged #>> '{target,tool}',
          judged ->> 'definition');
      end if;
    end if;
  when 'stopped' then
    perform approvals_close(p_run, p_event ->> 'by');
    perform inputs_close(p_run, null);
    update runs set outcome = 'stopped' where id = p_run;
  when 'finished', 'failed' then
    perform approvals_close(p_run, null);
    perform inputs_close(p_run, null);
    update runs set outcome = p_event ->> 'type' where id = p_run;
  else
    null;
  end case;
end $$;
comment on function patchbay.run_apply_projections(uuid, jsonb) is 'keeps usage, counters, approvals, input requests and rules in step with an event';

create function patchbay.run_append_locked(p_run uuid, p_events jsonb) returns integer
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  event jsonb;
  seq_now integer;
begin
  update runs set last_seq = last_seq + jsonb_array_length(p_events) where id = p_run returning last_seq into seq_now;
  insert into run_events (run_id, seq, body)
  select p_run, seq_now - jsonb_array_length(p_events) + given.nth::integer, given.body
  from jsonb_array_elements(p_events) with ordinality as given (body, nth);
  for event in select value from jsonb_array_elements(p_events) loop
    perform run_apply_projections(p_run, event);
  end loop;
  return seq_now;
end $$;
comment on function patchbay.run_append_locked(uuid, jsonb) is 'appends events without a fence: only for callers that hold the lock on the run''s row';

create function patchbay.run_claim_if_free(p_run uuid, p_instance text, p_lease_ms integer) returns bigint
language sql set search_path = patchbay, pg_temp as $$
  update runs set status = 'working', owner = p_instance, fence = fence + 1,
    lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
  where id = p_run and status <> 'closed' and (lease_until is null or lease_until < clock_timestamp())
    and not exists (select from runs ahead
      where ahead.conversation = runs.conversation and ahead.number < runs.number and ahead.status <> 'closed')
  returning fence
$$;
comment on function patchbay.run_claim_if_free(uuid, text, integer) is 'claims a free run, raising its fence; null when another instance holds it';

create function patchbay.run_start(
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
comment on function patchbay.run_start(uuid, text, text, text, text, jsonb, text, integer) is 'one run per message, claimed at once when its conversation is free';

create function patchbay.run_append(p_run uuid, p_fence bigint, p_seq integer, p_events jsonb, p_lease_ms integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
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
  seq_now := run_append_locked(p_run, p_events);
  -- The poll renews the lease once a second; an append does so only when a third of it is gone.
  if row.lease_until is null or row.lease_until < clock_timestamp() + p_lease_ms * interval '1 millisecond' * 2 / 3 then
    update runs set lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond' where id = p_run;
  end if;
  return jsonb_build_object('kind', 'appended', 'seq', seq_now);
end $$;
comment on function patchbay.run_append(uuid, bigint, integer, jsonb, integer) is 'appends for the lease holder only; an old fence or a taken seq is refused';

create function patchbay.run_events_bare(p_run uuid) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(case when e.body ? 'files' then e.body || '{"files": [], "images": []}' else e.body end order by e.seq), '[]')
  from run_events e where e.run_id = p_run
$$;
comment on function patchbay.run_events_bare(uuid) is 'a run''s events without the files and images of calls, which can be large';

create function patchbay.run_state(p_workspace text, p_run uuid) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select jsonb_build_object('id', r.id, 'events', run_events_bare(r.id)) from runs r where r.id = p_run and r.workspace_id = p_workspace
$$;
comment on function patchbay.run_state(text, uuid) is 'a run of a workspace, for whoever looks at it';

create function patchbay.run_read(p_run uuid, p_fence bigint, p_after integer) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select jsonb_build_object('id', r.id, 'fence', r.fence, 'seq', r.last_seq, 'status', r.status,
    'events', (select coalesce(jsonb_agg(e.body order by e.seq), '[]')
      from run_events e where e.run_id = r.id and e.seq > p_after and e.seq <= r.last_seq))
  from runs r where r.id = p_run and r.fence = p_fence
$$;
comment on function patchbay.run_read(uuid, bigint, integer) is 'a run''s events after a seq, for the instance that holds it';

create function patchbay.run_suspend(p_run uuid, p_fence bigint, p_seq integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  update runs set status = 'suspended', owner = null, lease_until = null
  where id = p_run and fence = p_fence and last_seq = p_seq and status = 'working';
  return to_jsonb(found);
end $$;
comment on function patchbay.run_suspend(uuid, bigint, integer) is 'lets go of a run that waits for a person; refused when something happened since p_seq';

create function patchbay.run_release(p_run uuid, p_fence bigint, p_after_ms integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  update runs set owner = null,
    lease_until = case when p_after_ms > 0 then clock_timestamp() + p_after_ms * interval '1 millisecond' end
  where id = p_run and fence = p_fence and status = 'working';
  return to_jsonb(found);
end $$;
comment on function patchbay.run_release(uuid, bigint, integer) is 'gives a run back unfinished, to be claimed again after a while';

create function patchbay.run_close(p_run uuid, p_fence bigint, p_seq integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare closed runs;
begin
  update runs set status = 'closed', owner = null, lease_until = null, closed_at = now()
  where id = p_run and fence = p_fence and last_seq = p_seq and status <> 'closed' returning * into closed;
  if not found then return jsonb_build_object('closed', false, 'next', null); end if;
  -- Files that calls returned are in Slack from now on.
  update run_events set body = body || '{"files": [], "images": []}' where run_id = p_run and type = 'returned'
    and (body -> 'files' <> '[]' or body -> 'images' <> '[]');
  return jsonb_build_object('closed', true, 'next',
    (select id from runs where conversation = closed.conversation and status = 'working' and number > closed.number order by number limit 1));
end $$;
comment on function patchbay.run_close(uuid, bigint, integer) is 'ends a run whose end is shown; names the next of its conversation';

create function patchbay.run_stop(p_workspace text, p_run uuid, p_event jsonb, p_instance text, p_lease_ms integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row runs;
  claimed bigint;
begin
  select * into row from runs where id = p_run and workspace_id = p_workspace for update;
  if not found or row.status = 'closed' or row.outcome is not null then
    return jsonb_build_object('kind', 'over', 'fence', null);
  end if;
  perform run_append_locked(p_run, jsonb_build_array(p_event));
  update runs set status = 'working' where id = p_run;
  claimed := run_claim_if_free(p_run, p_instance, p_lease_ms);
  perform audit_append(p_workspace, p_event ->> 'by', 'run_stopped', jsonb_build_object('run', p_run, 'requester', row.user_id));
  return jsonb_build_object('kind', 'stopped', 'fence', claimed);
end $$;
comment on function patchbay.run_stop(text, uuid, jsonb, text, integer) is 'stops a run whoever holds it';

-- The caller checks at click time who may decide; this makes sure that it settles once.
create function patchbay.approval_decide(
  p_workspace text, p_id text, p_status text, p_by text, p_reason text, p_event jsonb, p_instance text, p_lease_ms integer
) returns jsonb language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row approvals;
  event jsonb := p_event;
  verdict text := p_status;
begin
  select * into row from approvals where id = p_id and workspace_id = p_workspace;
  if not found then return jsonb_build_object('kind', 'gone'); end if;
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
  perform run_append_locked(row.run_id, jsonb_build_array(event));
  update runs set status = 'working' where id = row.run_id and status = 'suspended';
  -- An edited call has another hash than the one on the card; the audit names the call that goes out.
  perform audit_append(row.workspace_id, coalesce(row.decided_by, 'patchbay'), 'approval_' || verdict,
    jsonb_strip_nulls(jsonb_build_object('approval', row.id, 'run', row.run_id, 'call', row.call_id, 'requester', row.requester,
      'hash', coalesce(event ->> 'hash', row.hash), 'asked_hash', case when event ? 'hash' then row.hash end,
      'always', event -> 'always', 'reason', row.reason)));
  return jsonb_build_object('kind', case when verdict = p_status then 'settled' else 'already' end, 'run', row.run_id,
    'decision', verdict, 'by', row.decided_by, 'at', row.decided_at,
    'fence', case when p_instance is not null then run_claim_if_free(row.run_id, p_instance, p_lease_ms) end);
end $$;
comment on function patchbay.approval_decide(text, text, text, text, text, jsonb, text, integer) is 'one compare-and-swap on pending; whoever settles also claims the run';

create function patchbay.approval_expire(p_at text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare due record;
begin
  select id, call_id, workspace_id into due from approvals where status = 'pending' and expires_at <= clock_timestamp() order by expires_at limit 1;
  if not found then return to_jsonb(false); end if;
  perform approval_decide(due.workspace_id, due.id, 'expired', null, null,
    jsonb_build_object('type', 'answered', 'call', due.call_id, 'approval', due.id, 'decision', 'expired', 'at', p_at), null, 0);
  return to_jsonb(true);
end $$;
comment on function patchbay.approval_expire(text) is 'settles one approval nobody decided in time';

create function patchbay.run_poll(p_instance text, p_held jsonb, p_free integer, p_lease_ms integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
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
      and not exists (select from runs ahead
        where ahead.conversation = r.conversation and ahead.number < r.number and ahead.status <> 'closed')
    order by r.number limit greatest(p_free, 0) for update of r skip locked
  loop
    fence_now := run_claim_if_free(candidate.id, p_instance, p_lease_ms);
    if fence_now is not null then
      taken := taken || jsonb_build_object('run', candidate.id, 'fence', fence_now);
    end if;
  end loop;
  return jsonb_build_object('held', held, 'taken', taken);
end $$;
comment on function patchbay.run_poll(text, jsonb, integer, integer) is 'once a second per instance: renews its leases, says how far each held run has got, and claims free runs';

create function patchbay.run_owners() returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(distinct owner), '[]') from runs where status = 'working' and owner is not null
$$;
comment on function patchbay.run_owners() is 'instances that hold runs';

create function patchbay.run_release_owner(p_owner text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  update runs set owner = null, lease_until = null where owner = p_owner and status = 'working';
  return to_jsonb(found);
end $$;
comment on function patchbay.run_release_owner(text) is 'frees the runs that a dead instance still holds';

create function patchbay.run_claim(p_run uuid, p_instance text, p_lease_ms integer) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  select to_jsonb(run_claim_if_free(p_run, p_instance, p_lease_ms))
$$;
comment on function patchbay.run_claim(uuid, text, integer) is 'claims one named run if it is free';

create function patchbay.conversation_history(p_run uuid) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  with this as (select conversation, number from runs where id = p_run),
  summary as (
    select e.body, (select number from runs where id = (e.body ->> 'upTo')::uuid) as up_to
    from this join runs r on r.conversation = this.conversation and r.number <= this.number
      join run_events e on e.run_id = r.id and e.type = 'summarised'
    order by r.number desc, e.seq desc limit 1
  )
  select jsonb_build_object(
    'summary', (select body ->> 'text' from summary),
    'runs', coalesce((
      select jsonb_agg(jsonb_build_object('id', r.id, 'events', run_events_bare(r.id)) order by r.number)
      from runs r, this
      where r.conversation = this.conversation and r.number < this.number and r.number > coalesce((select up_to from summary), 0)
    ), '[]'))
$$;
comment on function patchbay.conversation_history(uuid) is 'what was said in a conversation before this run: the newest summary, and every ended run after it';

create function patchbay.conversation_open_run(p_conversation text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select jsonb_build_object('known', exists (select from runs where conversation = p_conversation),
    'open', (select id from runs where conversation = p_conversation and status <> 'closed' order by number limit 1))
$$;
comment on function patchbay.conversation_open_run(text) is 'whether a conversation is ours, and the run at work in it';

create function patchbay.approval_run(p_workspace text, p_id text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select jsonb_build_object('run', run_id, 'call', call_id, 'events', run_events_bare(run_id))
  from approvals where id = p_id and workspace_id = p_workspace
$$;
comment on function patchbay.approval_run(text, text) is 'the run and call an approval is about';

-- The same as deciders() in src/policy/decide.ts; a test compares the two.
create function patchbay.approval_may_decide(p_approval patchbay.approvals, p_user text, p_approvers jsonb) returns boolean
language sql immutable set search_path = patchbay, pg_temp as $$
  select case
    when p_approval.four_eyes then p_user <> p_approval.requester and p_approvers ? p_user
    when p_approval.risk = 'destructive' and p_approvers <> '[]' then p_approvers ? p_user
    else p_user = p_approval.requester or p_approvers ? p_user
  end
$$;
comment on function patchbay.approval_may_decide(patchbay.approvals, text, jsonb) is 'whether a person may decide an approval, with these approvers';

create function patchbay.approvals_pending(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  with approvers as (select approvers_of(p_workspace) as named),
  open as (
    select a.* from approvals a, approvers
    where a.workspace_id = p_workspace and a.status = 'pending' and a.expires_at > now() and approval_may_decide(a, p_user, approvers.named)
    order by a.created_at limit 40
  )
  select coalesce(jsonb_agg(jsonb_build_object('run', run_id, 'call', call_id, 'events', run_events_bare(run_id)) order by created_at), '[]')
  from open
$$;
comment on function patchbay.approvals_pending(text, text) is 'the open approvals a person may decide, oldest first, with their runs';

-- Whoever claims a reminder sends it; rows that another instance is claiming are left to it.
create function patchbay.approval_reminders_claim(p_lead_ms integer) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  with due as (
    select id from approvals
    where status = 'pending' and reminded_at is null and expires_at > clock_timestamp()
      and expires_at <= clock_timestamp() + p_lead_ms * interval '1 millisecond'
    order by expires_at limit 20 for update skip locked
  ),
  claimed as (update approvals a set reminded_at = clock_timestamp() from due where a.id = due.id returning a.id, a.workspace_id)
  select coalesce(jsonb_agg(jsonb_build_object('id', id, 'workspace', workspace_id)), '[]') from claimed
$$;
comment on function patchbay.approval_reminders_claim(integer) is 'claims the reminders of approvals that are due, each once';

create function patchbay.approval_reminder_release(p_id text) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  update approvals set reminded_at = null where id = p_id and status = 'pending';
  select null::jsonb
$$;
comment on function patchbay.approval_reminder_release(text) is 'makes a claimed reminder that could not be sent due again';

-- Who may answer is in the row; it settles once, as approvals do.
create function patchbay.input_answer(
  p_workspace text, p_id text, p_run uuid, p_by text, p_action text, p_event jsonb, p_instance text, p_lease_ms integer
) returns jsonb language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row input_requests;
  event jsonb := p_event;
  verdict text := p_action;
begin
  perform from runs where id = p_run and workspace_id = p_workspace for update;
  select * into row from input_requests where id = p_id and run_id = p_run and workspace_id = p_workspace for update;
  if not found then return jsonb_build_object('kind', 'gone'); end if;
  if p_action <> 'expired' and p_by is distinct from row.user_id then
    return jsonb_build_object('kind', 'not_yours', 'person', row.user_id);
  end if;
  if row.status <> 'pending' then
    return jsonb_build_object('kind', 'already', 'run', row.run_id, 'action', row.status, 'by', row.answered_by, 'at', row.answered_at);
  end if;
  if row.expires_at <= clock_timestamp() and p_action <> 'expired' then
    verdict := 'expired';
    event := jsonb_build_object('type', 'given_input', 'call', row.call_id, 'input', row.id, 'action', 'expired', 'at', p_event -> 'at');
  end if;
  update input_requests set status = verdict, answered_by = case when verdict = p_action then p_by end, answered_at = clock_timestamp()
  where id = p_id returning * into row;
  perform run_append_locked(row.run_id, jsonb_build_array(event));
  update runs set status = 'working' where id = row.run_id and status = 'suspended';
  perform audit_append(row.workspace_id, coalesce(row.answered_by, 'patchbay'), 'input_' || verdict,
    jsonb_build_object('input', row.id, 'run', row.run_id, 'call', row.call_id, 'kind', row.kind));
  return jsonb_build_object('kind', case when verdict = p_action then 'settled' else 'already' end, 'run', row.run_id,
    'action', verdict, 'by', row.answered_by, 'at', row.answered_at,
    'fence', case when p_instance is not null then run_claim_if_free(row.run_id, p_instance, p_lease_ms) end);
end $$;
comment on function patchbay.input_answer(text, text, uuid, text, text, jsonb, text, integer) is 'one compare-and-swap on pending; whoever settles also claims the run';

create function patchbay.input_expire(p_at text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare due record;
begin
  select id, run_id, call_id, workspace_id into due from input_requests where status = 'pending' and expires_at <= clock_timestamp() order by expires_at limit 1;
  if not found then return to_jsonb(false); end if;
  perform input_answer(due.workspace_id, due.id, due.run_id, null, 'expired',
    jsonb_build_object('type', 'given_input', 'call', due.call_id, 'input', due.id, 'action', 'expired', 'at', p_at), null, 0);
  return to_jsonb(true);
end $$;
comment on function patchbay.input_expire(text) is 'settles one input request nobody answered in time';

create function patchbay.input_run(p_workspace text, p_id text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select jsonb_build_object('run', run_id, 'call', call_id, 'input', id, 'events', run_events_bare(run_id))
  from input_requests where id = p_id and workspace_id = p_workspace
$$;
comment on function patchbay.input_run(text, text) is 'the run and call an input request is about';

create function patchbay.inputs_pending(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('run', run_id, 'call', call_id, 'input', id, 'events', run_events_bare(run_id))
    order by created_at), '[]')
  from (select * from input_requests where workspace_id = p_workspace and user_id = p_user and status = 'pending' and expires_at > now()
    order by created_at limit 40) i
$$;
comment on function patchbay.inputs_pending(text, text) is 'what is asked of a person now, oldest first';

create function patchbay.input_reminders_claim(p_lead_ms integer) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  with due as (
    -- A live request lasts minutes, so nobody is reminded of it.
    select id from input_requests
    where status = 'pending' and not live and reminded_at is null and expires_at > clock_timestamp()
      and expires_at <= clock_timestamp() + p_lead_ms * interval '1 millisecond'
    order by expires_at limit 20 for update skip locked
  ),
  claimed as (update input_requests i set reminded_at = clock_timestamp() from due where i.id = due.id returning i.id, i.workspace_id)
  select coalesce(jsonb_agg(jsonb_build_object('id', id, 'workspace', workspace_id)), '[]') from claimed
$$;
comment on function patchbay.input_reminders_claim(integer) is 'claims the reminders of input requests that are due, each once';

create function patchbay.input_reminder_release(p_id text) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  update input_requests set reminded_at = null where id = p_id and status = 'pending';
  select null::jsonb
$$;
comment on function patchbay.input_reminder_release(text) is 'makes a claimed reminder that could not be sent due again';

create function patchbay.runs_recent(p_workspace text, p_user text, p_limit integer) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'events', run_events_bare(r.id)) order by r.number desc), '[]')
  from (select id, number from runs where workspace_id = p_workspace and user_id = p_user order by number desc limit p_limit) r
$$;
comment on function patchbay.runs_recent(text, text, integer) is 'a person''s last runs, newest first';

create function patchbay.runs_open(p_workspace text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(id order by number), '[]') from runs
  where workspace_id = p_workspace and status <> 'closed' and outcome is null
$$;
comment on function patchbay.runs_open(text) is 'a workspace''s runs that are at work, wait for a person or wait their turn';

create function patchbay.feedback_save(p_workspace text, p_run uuid, p_user text, p_verdict text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  insert into run_feedback (run_id, user_id, verdict)
  select id, p_user, p_verdict from runs where id = p_run and workspace_id = p_workspace
  on conflict (run_id, user_id) do update set verdict = excluded.verdict, at = now();
  return to_jsonb(found);
end $$;
comment on function patchbay.feedback_save(text, uuid, text, text) is 'saves a person''s verdict on a run; false when there is no such run here';

create function patchbay.month_start() returns timestamptz
language sql stable set search_path = patchbay, pg_temp as $$
  select date_trunc('month', now() at time zone 'utc') at time zone 'utc'
$$;
comment on function patchbay.month_start() is 'when this month began, in UTC';

create function patchbay.usage_of_month(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  with mine as (
    select * from runs
    where workspace_id = p_workspace and started_at >= month_start() and (p_user is null or user_id = p_user)
  ),
  calls as (
    select u.tool_name, u.success, c.connection_name from mcp_tool_usage u
    left join mcp_connections c on c.id = u.connection_id
    where u.workspace_id = p_workspace and u.executed_at >= month_start()
      and (p_user is null or exists (select from runs r where r.id = u.run_id and r.user_id = p_user))
  )
  select jsonb_build_object(
    'since', to_char(month_start() at time zone 'utc', 'YYYY-MM-DD'),
    'today', extract(day from now() at time zone 'utc')::integer,
    'runs', (select count(*) from mine),
    'calls', (select count(*) from calls),
    'failed', (select count(*) from calls where not success),
    'tokens', (select coalesce(sum(input_tokens + output_tokens + cached_tokens), 0) from mine),
    'cost_usd', (select coalesce(sum(cost_usd), 0) from mine),
    'days', (select coalesce(jsonb_agg(jsonb_build_object('day', day, 'runs', many) order by day), '[]') from (
      select extract(day from started_at at time zone 'utc')::integer as day, count(*) as many from mine group by 1) d),
    'tools', (select coalesce(jsonb_agg(jsonb_build_object('tool', tool_name, 'connection', connection_name, 'calls', many)
        order by many desc, tool_name), '[]') from (
      select tool_name, connection_name, count(*) as many from calls group by 1, 2 order by 3 desc, 1 limit 5) t))
$$;
comment on function patchbay.usage_of_month(text, text) is 'what a person (or, with null, the workspace) used this month; a run counts for the month it was asked in';

create function patchbay.budget_state(p_workspace text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select jsonb_build_object('budget_usd', w.settings -> 'budget_usd', 'spent_usd',
    (select coalesce(sum(cost_usd), 0) from runs where workspace_id = p_workspace and started_at >= month_start()))
  from workspaces w where w.workspace_id = p_workspace and w.settings ? 'budget_usd'
$$;
comment on function patchbay.budget_state(text) is 'a workspace''s monthly budget and what is spent of it; null without a budget';

create function patchbay.runs_summary(p_workspace text, p_user text, p_limit integer) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', r.id,
    'at', r.started_at,
    'text', left(first.body ->> 'text', 300),
    'channel', first.body #>> '{origin,channel}',
    'place', first.body #>> '{origin,place}',
    'outcome', coalesce(r.outcome, case
      when exists (select from approvals a where a.run_id = r.id and a.status = 'pending') then 'waiting'
      when exists (select from input_requests i where i.run_id = r.id and i.status = 'pending') then 'waiting' else 'working' end),
    'why', (select left(e.body ->> 'message', 300) from run_events e
      where r.outcome = 'failed' and e.run_id = r.id and e.type = 'failed' order by e.seq desc limit 1),
    'calls', (select count(*) from mcp_tool_usage u where u.run_id = r.id and u.workspace_id = p_workspace and u.executed_at >= r.started_at),
    'cost_usd', r.cost_usd) order by r.number desc), '[]')
  from (select * from runs where workspace_id = p_workspace and user_id = p_user order by number desc limit p_limit) r
  join run_events first on first.run_id = r.id and first.seq = 1
$$;
comment on function patchbay.runs_summary(text, text, integer) is 'a person''s last requests and how they ended, newest first';

-- A run's events, approvals, input requests, feedback and messages go with it.
create function patchbay.runs_prune(p_limit integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare pruned integer;
begin
  delete from runs where id in (
    select due.id from workspaces w cross join lateral (
      select r.id from runs r
      where r.workspace_id = w.workspace_id and r.status = 'closed' and r.closed_at < now() - run_retention(w.workspace_id)
      order by r.closed_at limit p_limit for update skip locked
    ) due limit p_limit
  );
  get diagnostics pruned = row_count;
  return to_jsonb(pruned);
end $$;
comment on function patchbay.runs_prune(integer) is 'deletes the oldest closed runs that are past their workspace''s retention; how many';

create function patchbay.tool_usage_prune(p_limit integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare pruned integer;
begin
  delete from mcp_tool_usage where id in (
    select due.id from workspaces w cross join lateral (
      select u.id from mcp_tool_usage u
      where u.workspace_id = w.workspace_id and u.executed_at < now() - run_retention(w.workspace_id)
      order by u.executed_at limit p_limit for update skip locked
    ) due limit p_limit
  );
  get diagnostics pruned = row_count;
  return to_jsonb(pruned);
end $$;
comment on function patchbay.tool_usage_prune(integer) is 'deletes the oldest tool usage that is past its workspace''s retention; how many';

insert into patchbay.schema_versions (version, breaking) values ('20261128000005', false);
select patchbay.restrict_access();
