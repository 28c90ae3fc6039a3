-- A person's last requests tell what they were corrected to, whether something else ran than was asked for, and what is waited for.
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
  from (select * from runs where workspace_id = p_workspace and user_id = p_user order by number desc limit p_limit) r
  join run_events first on first.run_id = r.id and first.seq = 1
  cross join lateral (
    select count(*) as calls, coalesce(max(e.seq), 0) as last, count(*) filter (where exists (
      select from run_events j
      where j.run_id = r.id and j.type = 'judged' and j.body ->> 'call' = e.body ->> 'call' and j.body ->> 'risk' <> 'read')) as changes
    from run_events e where e.run_id = r.id and e.type = 'returned' and e.body ->> 'outcome' = 'ok'
  ) done
$$;

insert into patchbay.schema_versions (version, breaking) values ('20261129000030', false);
select patchbay.restrict_access();
