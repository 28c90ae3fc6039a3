-- A search may be a sentence: what fits the most of its words is found, not only what fits all of them.
set check_function_bodies = off;
create or replace function patchbay.run_cards_search(p_url text, p_workspace text, p_patterns jsonb, p_words jsonb, p_limit integer) returns jsonb
language sql stable set search_path = patchbay, extensions, pg_temp set pg_trgm.word_similarity_threshold = 0.23 as $$
  with fitting as (
    select c.card_name, f.fits
    from mcp_run_cards c, lateral (
      select count(*) as fits, count(*) filter (where c.search_names ~* pattern) as in_names
      from jsonb_array_elements_text(p_patterns) pattern where c.search_text ~ pattern
    ) f
    where c.source = 'registry' and f.fits > 0
    order by f.fits desc, f.in_names desc, c.verified desc, c.popularity_score desc, c.card_name
    limit p_limit
  ),
  similar_names as (
    select c.card_name from jsonb_array_elements_text(p_words) word join mcp_run_cards c on word <% c.search_names
    where c.source = 'registry' and length(word) > 3
      and (select count(*) from fitting where fits = jsonb_array_length(p_patterns)) < p_limit
    group by c.card_name, c.popularity_score
    order by sum(word_similarity(word, c.search_names)) desc, c.popularity_score desc, c.card_name
    limit p_limit
  )
  select jsonb_build_object(
    'found', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'entry', c.config_template, 'status', c.status, 'verified', c.verified, 'popularity', c.popularity_score)), '[]')
      from mcp_run_cards c where c.card_name in (select card_name from fitting union select card_name from similar_names)
    ),
    'curated', (select coalesce(jsonb_object_agg(card_name, popularity_score), '{}') from mcp_run_cards where source = 'curated'),
    'in_workspace', (
      select coalesce(jsonb_object_agg(mcp_type, connections), '{}')
      from (select mcp_type, count(*) as connections from mcp_connections where workspace_id = p_workspace group by mcp_type) counted
    ),
    'synced', exists (select from mcp_registry_syncs where url = p_url and synced_at is not null)
  )
$$;
reset check_function_bodies;

-- The extension may already be in another schema.
do $$
declare home text;
begin
  select n.nspname into strict home from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm';
  execute format('alter function patchbay.run_cards_search(text, text, jsonb, jsonb, integer) set search_path = patchbay, %I, pg_temp', home);
end $$;

-- Adds the request's message and what became of its calls.
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

insert into patchbay.schema_versions (version, breaking) values ('20261128000028', false);
select patchbay.restrict_access();
