create table run_inputs (
  id text primary key,
  run_id uuid not null references runs (id) on delete cascade,
  call_id text not null,
  workspace_id text not null,
  user_id text not null,
  kind text not null,
  live boolean not null,
  status text not null default 'pending' check (status in ('pending', 'accept', 'decline', 'cancel', 'expired', 'over')),
  given_by text,
  given_at timestamptz,
  expires_at timestamptz not null,
  created_at timestamptz not null default clock_timestamp()
);
comment on table run_inputs is 'patchbay: what a server asked of a person during a call; settles exactly once, over = the call ended first';
create index run_inputs_run on run_inputs (run_id);
create index run_inputs_pending on run_inputs (expires_at) where status = 'pending';
create index run_inputs_person on run_inputs (workspace_id, user_id) where status = 'pending';
alter table run_inputs enable row level security;

-- A null call means all of the run's.
create function inputs_over(p_run uuid, p_call text) returns void
language sql set search_path = public, pg_temp as $$
  update run_inputs set status = 'over', given_at = clock_timestamp()
  where run_id = p_run and status = 'pending' and (p_call is null or call_id = p_call)
$$;
comment on function inputs_over(uuid, text) is 'patchbay: nobody need answer any more';

create or replace function run_project(p_run uuid, p_event jsonb) returns void
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
  when 'asked_input' then
    -- What is asked of a run that has ended meanwhile is asked of nobody.
    insert into run_inputs (id, run_id, call_id, workspace_id, user_id, kind, live, status, expires_at)
    select p_event ->> 'input', r.id, p_event ->> 'call', r.workspace_id, p_event ->> 'person', p_event #>> '{request,kind}',
      p_event #>> '{resume,how}' = 'live', case when r.outcome is null then 'pending' else 'over' end, (p_event ->> 'expiresAt')::timestamptz
    from runs r where r.id = p_run;
  when 'called' then
    perform inputs_over(p_run, p_event ->> 'call');
  when 'returned' then
    perform inputs_over(p_run, p_event ->> 'call');
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
    perform inputs_over(p_run, null);
    update runs set outcome = 'stopped' where id = p_run;
  when 'finished', 'failed' then
    update approvals set status = 'stopped', decided_at = now() where run_id = p_run and status = 'pending';
    perform inputs_over(p_run, null);
    update runs set outcome = p_event ->> 'type' where id = p_run;
  else
    null;
  end case;
end $$;

-- Who may answer is written in the row; that it settles once is settled here, as with approvals.
create function input_give(p_id text, p_run uuid, p_by text, p_action text, p_event jsonb, p_instance text, p_lease_ms integer)
returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare
  row run_inputs;
  event jsonb := p_event;
  verdict text := p_action;
begin
  -- The run's row is always locked before the input's, as in every other function here.
  perform from runs where id = p_run for update;
  select * into row from run_inputs where id = p_id and run_id = p_run for update;
  if not found then return jsonb_build_object('kind', 'gone'); end if;
  if p_action <> 'expired' and p_by is distinct from row.user_id then
    return jsonb_build_object('kind', 'not_yours', 'person', row.user_id);
  end if;
  if row.status <> 'pending' then
    return jsonb_build_object('kind', 'already', 'run', row.run_id, 'action', row.status, 'by', row.given_by, 'at', row.given_at);
  end if;
  if row.expires_at <= clock_timestamp() and p_action <> 'expired' then
    verdict := 'expired';
    event := jsonb_build_object('type', 'given_input', 'call', row.call_id, 'input', row.id, 'action', 'expired', 'at', p_event -> 'at');
  end if;
  update run_inputs set status = verdict, given_by = case when verdict = p_action then p_by end, given_at = clock_timestamp()
  where id = p_id returning * into row;
  perform run_put(row.run_id, jsonb_build_array(event));
  update runs set status = 'working' where id = row.run_id and status = 'resting';
  perform audit(row.workspace_id, coalesce(row.given_by, 'patchbay'), 'input_' || verdict,
    jsonb_build_object('input', row.id, 'run', row.run_id, 'call', row.call_id, 'kind', row.kind));
  return jsonb_build_object('kind', case when verdict = p_action then 'settled' else 'already' end, 'run', row.run_id,
    'action', verdict, 'by', row.given_by, 'at', row.given_at,
    'fence', case when p_instance is not null then run_take(row.run_id, p_instance, p_lease_ms) end);
end $$;
comment on function input_give(text, uuid, text, text, jsonb, text, integer) is 'patchbay: one compare-and-swap on pending; the winner also claims the run';

create function input_expire(p_at text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare due record;
begin
  select id, run_id, call_id into due from run_inputs where status = 'pending' and expires_at <= clock_timestamp() order by expires_at limit 1;
  if not found then return to_jsonb(false); end if;
  perform input_give(due.id, due.run_id, null, 'expired',
    jsonb_build_object('type', 'given_input', 'call', due.call_id, 'input', due.id, 'action', 'expired', 'at', p_at), null, 0);
  return to_jsonb(true);
end $$;
comment on function input_expire(text) is 'patchbay: settles one question nobody answered in time';

create function input_run(p_id text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('run', run_id, 'call', call_id) from run_inputs where id = p_id
$$;
comment on function input_run(text) is 'patchbay: which run and call an input is about';

create function inputs_pending(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('run', run_id, 'call', call_id, 'input', id) order by created_at), '[]')
  from (select * from run_inputs where workspace_id = p_workspace and user_id = p_user and status = 'pending' and expires_at > now()
    order by created_at limit 40) i
$$;
comment on function inputs_pending(text, text) is 'patchbay: what is asked of a person now, oldest first';

create or replace function runs_digest(p_workspace text, p_user text, p_limit integer) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', r.id,
    'at', r.started_at,
    'text', left(first.body ->> 'text', 300),
    'channel', first.body #>> '{origin,channel}',
    'place', first.body #>> '{origin,place}',
    'outcome', coalesce(r.outcome, case
      when exists (select from approvals a where a.run_id = r.id and a.status = 'pending') then 'waiting'
      when exists (select from run_inputs i where i.run_id = r.id and i.status = 'pending') then 'waiting' else 'working' end),
    'why', (select left(e.body ->> 'message', 300) from run_events e
      where r.outcome = 'failed' and e.run_id = r.id and e.body ->> 'type' = 'failed' order by e.seq desc limit 1),
    'calls', (select count(*) from mcp_tool_usage u where u.run_id = r.id and u.workspace_id = p_workspace and u.executed_at >= r.started_at),
    'cost_usd', r.cost_usd) order by r.number desc), '[]')
  from (select * from runs where workspace_id = p_workspace and user_id = p_user order by number desc limit p_limit) r
  join run_events first on first.run_id = r.id and first.seq = 1
$$;

create or replace function schema_version() returns jsonb language sql immutable set search_path = public, pg_temp as
  $$ select '"20261125000009"'::jsonb $$;
select patchbay_seal();
