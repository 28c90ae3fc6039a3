alter table approvals add column reminded_at timestamptz;
comment on column approvals.reminded_at is 'when those who may decide were reminded; set by the one instance that does it';

-- Usage is asked by month.
create index runs_month on runs (workspace_id, started_at);
create index mcp_tool_usage_month on mcp_tool_usage (workspace_id, executed_at);

create table run_feedback (
  run_id uuid not null references runs (id) on delete cascade,
  user_id text not null,
  verdict text not null check (verdict in ('good', 'bad')),
  at timestamptz not null default now(),
  primary key (run_id, user_id)
);
comment on table run_feedback is 'patchbay: what a person thought of an answer; the last word counts';
alter table run_feedback enable row level security;

create function feedback_keep(p_workspace text, p_run uuid, p_user text, p_verdict text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  insert into run_feedback (run_id, user_id, verdict)
  select id, p_user, p_verdict from runs where id = p_run and workspace_id = p_workspace
  on conflict (run_id, user_id) do update set verdict = excluded.verdict, at = now();
  return to_jsonb(found);
end $$;
comment on function feedback_keep(text, uuid, text, text) is 'patchbay: keeps a person''s word on a run; false when there is no such run here';

create function settings_of(p_workspace text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce((select settings from workspaces where workspace_id = p_workspace), '{}')
$$;
comment on function settings_of(text) is 'patchbay: what a workspace decided: approvers, approvals_channel, cards, budget_usd';

-- A null in the change takes the setting away.
create function settings_change(p_workspace text, p_user text, p_change jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare changed jsonb;
begin
  insert into workspaces (workspace_id, settings) values (p_workspace, jsonb_strip_nulls(p_change))
  on conflict (workspace_id) do update set settings = jsonb_strip_nulls(workspaces.settings || p_change)
  returning settings into changed;
  perform audit(p_workspace, p_user, 'settings_changed', p_change);
  return changed;
end $$;
comment on function settings_change(text, text, jsonb) is 'patchbay: changes a workspace''s settings';

create function month_start() returns timestamptz
language sql stable set search_path = public, pg_temp as $$
  select date_trunc('month', now() at time zone 'utc') at time zone 'utc'
$$;
comment on function month_start() is 'patchbay: when this month began, in UTC';

-- A run counts for the month it was asked in.
create function usage_month(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
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
comment on function usage_month(text, text) is 'patchbay: what a person (or, with null, the workspace) used this month';

create function budget_state(p_workspace text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('budget_usd', w.settings -> 'budget_usd', 'spent_usd',
    (select coalesce(sum(cost_usd), 0) from runs where workspace_id = p_workspace and started_at >= month_start()))
  from workspaces w where w.workspace_id = p_workspace and w.settings ? 'budget_usd'
$$;
comment on function budget_state(text) is 'patchbay: a workspace''s monthly budget and what is spent of it; null without a budget';

create function runs_digest(p_workspace text, p_user text, p_limit integer) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', r.id,
    'at', r.started_at,
    'text', left(first.body ->> 'text', 300),
    'channel', first.body #>> '{origin,channel}',
    'place', first.body #>> '{origin,place}',
    'outcome', coalesce(r.outcome, case
      when exists (select from approvals a where a.run_id = r.id and a.status = 'pending') then 'waiting' else 'working' end),
    'why', (select left(e.body ->> 'message', 300) from run_events e
      where r.outcome = 'failed' and e.run_id = r.id and e.body ->> 'type' = 'failed' order by e.seq desc limit 1),
    'calls', (select count(*) from mcp_tool_usage u where u.run_id = r.id and u.workspace_id = p_workspace and u.executed_at >= r.started_at),
    'cost_usd', r.cost_usd) order by r.number desc), '[]')
  from (select * from runs where workspace_id = p_workspace and user_id = p_user order by number desc limit p_limit) r
  join run_events first on first.run_id = r.id and first.seq = 1
$$;
comment on function runs_digest(text, text, integer) is 'patchbay: a person''s last requests and how they ended, newest first';

-- Whoever claims a reminder sends it; nobody else will. Rows another instance is claiming are left to it.
create function approvals_remind(p_lead_ms integer) returns jsonb
language sql set search_path = public, pg_temp as $$
  with due as (
    select id from approvals
    where status = 'pending' and reminded_at is null and expires_at > clock_timestamp()
      and expires_at <= clock_timestamp() + p_lead_ms * interval '1 millisecond'
    order by expires_at limit 20 for update skip locked
  ),
  claimed as (update approvals a set reminded_at = clock_timestamp() from due where a.id = due.id returning a.id)
  select coalesce(jsonb_agg(id), '[]') from claimed
$$;
comment on function approvals_remind(integer) is 'patchbay: claims the reminders that are due, each once';

create function approval_unremind(p_id text) returns jsonb
language sql set search_path = public, pg_temp as $$
  update approvals set reminded_at = null where id = p_id and status = 'pending';
  select null::jsonb
$$;
comment on function approval_unremind(text) is 'patchbay: a claimed reminder that could not be sent is due again';

create or replace function schema_version() returns jsonb language sql immutable set search_path = public, pg_temp as
  $$ select '"20261121000005"'::jsonb $$;
select patchbay_seal();
