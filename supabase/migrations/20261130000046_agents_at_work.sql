-- A run knows who does it, which run asked for it and when it goes on by itself.
alter table patchbay.runs add column agent_id text, add column parent_run uuid, add column parent_call text, add column wake_at timestamptz;
comment on table patchbay.runs is 'the work on one request; working without a lease = free to claim, suspended = waits for a person, for the runs it asked for, or until wake_at; parent_run is no foreign key, as its check makes a stop of the parent and an end of the child wait for each other';
create index runs_children on patchbay.runs (parent_run) where parent_run is not null;
create index runs_due on patchbay.runs (wake_at) where status = 'suspended' and wake_at is not null;

-- The parent is locked by the caller: locks go from a parent to its children, in their order, everywhere.
create function patchbay.run_stop_children(p_parent uuid, p_event jsonb) returns void
language plpgsql set search_path = patchbay, pg_temp as $$
declare child runs;
begin
  for child in select * from runs where parent_run = p_parent and status <> 'closed' and outcome is null order by number for update loop
    if child.outcome is null then
      perform run_append_locked(child.id, jsonb_build_array(p_event));
      update runs set status = 'working', wake_at = null, lease_until = case when owner is not null then lease_until end where id = child.id;
    end if;
  end loop;
end $$;

create or replace function patchbay.run_apply_projections(p_run uuid, p_event jsonb) returns void
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  run runs;
  judged jsonb;
begin
  select * into run from runs where id = p_run;
  case p_event ->> 'type'
  when 'started' then
    if p_event #> '{agent,id}' is not null then
      update runs set agent_id = p_event #>> '{agent,id}' where id = p_run;
    end if;
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
      values (run.workspace_id, (judged ->> 'connection')::uuid, run.id, coalesce(run.agent_id, 'default'), judged ->> 'tool', (p_event ->> 'ms')::double precision,
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
    update runs set outcome = coalesce(outcome, 'stopped') where id = p_run;
    perform run_stop_children(p_run, p_event);
  when 'finished', 'failed' then
    perform approvals_close(p_run, null);
    perform inputs_close(p_run, null);
    update runs set outcome = p_event ->> 'type' where id = p_run;
    perform run_stop_children(p_run, jsonb_build_object('type', 'stopped', 'by', run.user_id, 'why', 'asker_ended', 'at', p_event -> 'at'));
  else
    null;
  end case;
end $$;

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
  with due as (
    select id from runs where status = 'suspended' and wake_at <= clock_timestamp()
    order by wake_at limit greatest(p_free, 0) for update skip locked
  )
  update runs r set status = 'working', wake_at = null from due where r.id = due.id;
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
  return jsonb_build_object('held', held, 'taken', taken, 'blocked', (select coalesce(jsonb_agg(jsonb_build_object('key', key, 'until', blocked_until)), '[]') from rate_limits where blocked_until > clock_timestamp()));
end $$;

drop function patchbay.run_suspend(uuid, bigint, integer);
create function patchbay.run_suspend(p_run uuid, p_fence bigint, p_seq integer, p_wake_at timestamptz) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  update runs set status = 'suspended', owner = null, lease_until = null, all_recorded = true, wake_at = p_wake_at
  where id = p_run and fence = p_fence and last_seq = p_seq and status = 'working'
    and not (run_waits(p_run) and exists (select from runs_to_join(p_run)));
  return to_jsonb(found);
end $$;
comment on function patchbay.run_suspend(uuid, bigint, integer, timestamptz) is 'lets go of a run that waits for a person, for its children or until a time; refused when something happened since p_seq, or its requester said something that withdraws what it waits for';

create function patchbay.run_delegate(
  p_run uuid, p_fence bigint, p_seq integer, p_events jsonb, p_children jsonb, p_instance text, p_lease_ms integer
) returns jsonb language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row runs;
  child jsonb;
  key text;
  appended jsonb;
  begun jsonb := '[]';
begin
  select * into row from runs where id = p_run for update;
  appended := run_append(p_run, p_fence, p_seq, p_events, p_lease_ms);
  -- The answer to an earlier try may have been lost on the way; then the children are there.
  if appended ->> 'kind' <> 'appended' or exists (select from runs where id = (p_children #>> '{0,id}')::uuid) then
    return appended || '{"begun": []}';
  end if;
  for child in select value from jsonb_array_elements(p_children) loop
    key := 'child:' || p_run || ':' || (child ->> 'call');
    insert into runs (id, workspace_id, user_id, conversation, dedupe_key, parent_run, parent_call)
    values ((child ->> 'id')::uuid, row.workspace_id, row.user_id, key, key, p_run, child ->> 'call');
    perform run_append_locked((child ->> 'id')::uuid, child -> 'events');
    begun := begun || jsonb_build_object('run', child -> 'id', 'fence', run_claim_if_free((child ->> 'id')::uuid, p_instance, p_lease_ms));
  end loop;
  return appended || jsonb_build_object('begun', begun);
end $$;
comment on function patchbay.run_delegate(uuid, bigint, integer, jsonb, jsonb, text, integer) is 'begins the runs that a run asks for, together with the events that say so; each is claimed at once';

create function patchbay.child_settle(p_parent uuid, p_call text, p_event jsonb, p_instance text, p_lease_ms integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row runs;
begin
  select * into row from runs where id = p_parent for update;
  if not found or row.status = 'closed' or row.outcome is not null
    or exists (select from run_events where run_id = p_parent and type = 'returned' and body ->> 'call' = p_call) then
    return '{"kind": "already", "fence": null}';
  end if;
  perform run_append_locked(p_parent, jsonb_build_array(p_event));
  update runs set status = 'working', wake_at = null where id = p_parent and status = 'suspended';
  return jsonb_build_object('kind', 'settled', 'fence', run_claim_if_free(p_parent, p_instance, p_lease_ms));
end $$;
comment on function patchbay.child_settle(uuid, text, jsonb, text, integer) is 'gives a run the result of one that it asked for, once, and wakes it; locks no child';

create function patchbay.children_unsettled(p_limit integer) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', id, 'events', run_events_bare(id)) order by number), '[]') from (
    select c.id, c.number from runs p join runs c on c.parent_run = p.id
    where p.status <> 'closed' and p.outcome is null and c.status = 'closed'
      and not exists (select from run_events e where e.run_id = p.id and e.type = 'returned' and e.body ->> 'call' = c.parent_call)
    order by c.number limit p_limit) c
$$;
comment on function patchbay.children_unsettled(integer) is 'runs that have ended, and of whose end a crash has kept who asked for them from hearing';

create table patchbay.run_notes (
  id bigint generated always as identity primary key,
  root_run uuid not null references patchbay.runs (id) on delete cascade,
  agent text not null,
  finding text not null,
  source text,
  confidence text check (confidence in ('low', 'medium', 'high')),
  untrusted jsonb not null default '[]',
  by_run uuid not null,
  by_call text not null,
  noted_at timestamptz not null default now(),
  unique (by_run, by_call)
);
comment on table patchbay.run_notes is 'what the agents at work on one request noted for each other; it goes with the run of the request';
create index run_notes_root on patchbay.run_notes (root_run, id);
alter table patchbay.run_notes enable row level security;

create function patchbay.note_add(p_root uuid, p_run uuid, p_call text, p_agent text, p_note jsonb, p_limit integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  if (select count(*) from run_notes where root_run = p_root) >= p_limit then return 'null'; end if;
  insert into run_notes (root_run, agent, finding, source, confidence, untrusted, by_run, by_call)
  values (p_root, p_agent, p_note ->> 'finding', p_note ->> 'source', p_note ->> 'confidence', p_note -> 'untrusted', p_run, p_call)
  on conflict (by_run, by_call) do nothing;
  return (select to_jsonb(count(*)) from run_notes where root_run = p_root);
end $$;
comment on function patchbay.note_add(uuid, uuid, text, text, jsonb, integer) is 'keeps one note of a request, once for each call; how many there are now, or null where there are p_limit';

create function patchbay.notes_of(p_root uuid) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('agent', agent, 'finding', finding, 'source', source, 'confidence', confidence,
    'untrusted', untrusted) order by id), '[]')
  from run_notes where root_run = p_root
$$;

create table patchbay.rate_limits (
  key text primary key,
  tokens double precision not null,
  at timestamptz not null,
  blocked_until timestamptz
);
comment on table patchbay.rate_limits is 'how often services may still be called, over all instances; a key is a host and whose credential goes there';
create index rate_limits_blocked on patchbay.rate_limits (blocked_until) where blocked_until is not null;
alter table patchbay.rate_limits enable row level security;

create function patchbay.rate_take(p_key text, p_per_second double precision, p_burst double precision) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row rate_limits;
  time timestamptz;
  left_now double precision;
begin
  insert into rate_limits (key, tokens, at) values (p_key, p_burst, clock_timestamp()) on conflict do nothing;
  select * into row from rate_limits where key = p_key for update;
  time := clock_timestamp();
  if row.blocked_until > time then
    return to_jsonb(ceil(extract(epoch from row.blocked_until - time) * 1000)::bigint);
  end if;
  left_now := least(p_burst, row.tokens + extract(epoch from time - row.at) * p_per_second);
  if left_now < 1 then
    return to_jsonb(ceil((1 - left_now) / p_per_second * 1000)::bigint);
  end if;
  update rate_limits set tokens = left_now - 1, at = time, blocked_until = null where key = p_key;
  return '0';
end $$;
comment on function patchbay.rate_take(text, double precision, double precision) is 'takes one call of a token bucket: 0, or the milliseconds after which to ask again';

create function patchbay.rate_block(p_key text, p_until timestamptz) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  insert into rate_limits (key, tokens, at, blocked_until) values (p_key, 0, clock_timestamp(), p_until)
  on conflict (key) do update set blocked_until = greatest(rate_limits.blocked_until, excluded.blocked_until);
  return 'null';
end $$;
comment on function patchbay.rate_block(text, timestamptz) is 'nobody calls there until then, as the service asked';

create or replace function patchbay.runs_recent(p_workspace text, p_user text, p_limit integer) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'events', run_events_bare(r.id)) order by r.number desc), '[]')
  from (select id, number from runs where workspace_id = p_workspace and user_id = p_user and parent_run is null order by number desc limit p_limit) r
$$;

create or replace function patchbay.runs_summary(p_workspace text, p_user text, p_limit integer) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', r.id,
    'at', r.started_at,
    'text', left(first.body ->> 'text', 300),
    'channel', first.body #>> '{origin,channel}',
    'place', first.body #>> '{origin,place}',
    'message', first.body #>> '{origin,messageTs}',
    'outcome', coalesce(r.outcome, case
      when exists (select from approvals a where a.run_id = r.id and a.status = 'pending') then 'waiting'
      when exists (select from input_requests i where i.run_id = r.id and i.status = 'pending') then 'waiting' else 'working' end),
    'asked', r.outcome is null and not exists (select from approvals a where a.run_id = r.id and a.status = 'pending')
      and exists (select from input_requests i where i.run_id = r.id and i.status = 'pending'),
    'correction', (select left(e.body ->> 'text', 300) from run_events e
      where e.run_id = r.id and e.type = 'withdrawn' order by e.seq desc limit 1),
    'edited', exists (select from run_events e
      where e.run_id = r.id and e.type = 'answered' and e.body ->> 'decision' = 'approved' and e.body ? 'arguments'),
    'why', (select left(e.body ->> 'message', 300) from run_events e
      where r.outcome = 'failed' and e.run_id = r.id and e.type = 'failed' order by e.seq desc limit 1),
    'calls', (select count(*) from mcp_tool_usage u where u.run_id = r.id and u.workspace_id = p_workspace and u.executed_at >= r.started_at),
    'succeeded', done.calls,
    'changed', done.changes,
    'refused', (select coalesce(e.body ->> 'decision', e.type) from run_events e
      where e.run_id = r.id and e.type in ('answered', 'withdrawn') and coalesce(e.body ->> 'decision', e.type) <> 'approved'
        and e.seq > done.last order by e.seq desc limit 1),
    'cost_usd', r.cost_usd) order by r.number desc), '[]')
  from (select * from runs where workspace_id = p_workspace and user_id = p_user and parent_run is null order by number desc limit p_limit) r
  join run_events first on first.run_id = r.id and first.seq = 1
  cross join lateral (
    select count(*) as calls, coalesce(max(e.seq), 0) as last, count(*) filter (where exists (
      select from run_events j
      where j.run_id = r.id and j.type = 'judged' and j.body ->> 'call' = e.body ->> 'call' and j.body ->> 'risk' <> 'read')) as changes
    from run_events e where e.run_id = r.id and e.type = 'returned' and e.body ->> 'outcome' = 'ok'
  ) done
$$;

create or replace function patchbay.usage_of_month(p_workspace text, p_user text) returns jsonb
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
    'runs', (select count(*) from mine where parent_run is null),
    'calls', (select count(*) from calls),
    'failed', (select count(*) from calls where not success),
    'tokens', (select coalesce(sum(input_tokens + output_tokens + cached_tokens), 0) from mine),
    'cost_usd', (select coalesce(sum(cost_usd), 0) from mine),
    'days', (select coalesce(jsonb_agg(jsonb_build_object('day', day, 'runs', many) order by day), '[]') from (
      select extract(day from started_at at time zone 'utc')::integer as day, count(*) as many from mine where parent_run is null group by 1) d),
    'tools', (select coalesce(jsonb_agg(jsonb_build_object('tool', tool_name, 'connection', connection_name, 'calls', many)
        order by many desc, tool_name), '[]') from (
      select tool_name, connection_name, count(*) as many from calls group by 1, 2 order by 3 desc, 1 limit 5) t))
$$;

insert into patchbay.schema_versions (version, breaking) values ('20261130000046', true);
select patchbay.restrict_access();
