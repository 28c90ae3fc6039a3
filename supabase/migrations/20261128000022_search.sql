-- Names are looked up by pg_trgm instead of by letters that the app took apart. Supabase keeps its extensions in a schema of that name.
create schema if not exists extensions;
create extension if not exists pg_trgm with schema extensions;

alter table mcp_run_cards drop column grams;
alter table mcp_run_cards add column search_names text not null generated always as (title || ' ' || split_part(name, '/', 2)) stored;

create or replace function run_cards_put(p_url text, p_holder text, p_lease_ms integer, p_rows jsonb, p_gone jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  update mcp_card_mirrors set held_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
  where url = p_url and holder = p_holder and held_until >= clock_timestamp();
  if not found then return 'false'::jsonb; end if;
  insert into mcp_run_cards (name, source, title, description, version, entry, status, verified, search_text, updated_at, seen_at)
  select r -> 'entry' ->> 'name', 'registry', r -> 'entry' ->> 'title', r -> 'entry' ->> 'description', r -> 'entry' ->> 'version',
    r -> 'entry', r ->> 'status', (r ->> 'verified')::boolean, r ->> 'searchText', (r ->> 'updatedAt')::timestamptz, clock_timestamp()
  from jsonb_array_elements(p_rows) r
  on conflict (name) do update set
    title = excluded.title, description = excluded.description, version = excluded.version, entry = excluded.entry,
    status = excluded.status, verified = excluded.verified, search_text = excluded.search_text,
    updated_at = excluded.updated_at, seen_at = excluded.seen_at
  where mcp_run_cards.source = 'registry';
  delete from mcp_run_cards where source = 'registry' and name in (select jsonb_array_elements_text(p_gone));
  return 'true'::jsonb;
end $$;

drop function run_cards_find(text, text, jsonb, jsonb, integer);
-- Only a choice of what may fit, which the app then ranks: rows in which each word is found, and those whose names look alike.
-- The threshold lets through what the app calls a small typo: "wheater" and "weather" have 3 of 13 trigrams in common.
create function run_cards_find(p_url text, p_workspace text, p_patterns jsonb, p_words jsonb, p_limit integer) returns jsonb
language sql stable set search_path = public, extensions, pg_temp set pg_trgm.word_similarity_threshold = 0.23 as $$
  with fitting as (
    select c.name from mcp_run_cards c
    where c.source = 'registry' and c.search_text ~ all (array(select jsonb_array_elements_text(p_patterns)))
    order by c.search_names ~* all (array(select jsonb_array_elements_text(p_patterns))) desc, c.verified desc, c.popularity desc, c.name
    limit p_limit
  ),
  alike as (
    select c.name from jsonb_array_elements_text(p_words) word join mcp_run_cards c on word <% c.search_names
    where c.source = 'registry' and length(word) > 3 and (select count(*) from fitting) < p_limit
    group by c.name, c.popularity
    order by sum(word_similarity(word, c.search_names)) desc, c.popularity desc, c.name
    limit p_limit
  )
  select jsonb_build_object(
    'found', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'entry', c.entry, 'status', c.status, 'verified', c.verified, 'popularity', c.popularity)), '[]')
      from mcp_run_cards c where c.name in (select name from fitting union select name from alike)
    ),
    'curated', (select coalesce(jsonb_object_agg(name, popularity), '{}') from mcp_run_cards where source = 'curated'),
    'here', (
      select coalesce(jsonb_object_agg(mcp_type, connections), '{}')
      from (select mcp_type, count(*) as connections from mcp_connections where workspace_id = p_workspace group by mcp_type) counted
    ),
    'walked', exists (select from mcp_card_mirrors where url = p_url and walked_at is not null)
  )
$$;
comment on function run_cards_find(text, text, jsonb, jsonb, integer) is 'patchbay: registry entries that may fit a search, and how often cards are connected';

-- Where the extension was there already it may stand in another schema, and the service role must see it. Without a pending
-- list, which would keep the planner from the index until the next vacuum.
do $$
declare home text;
begin
  select n.nspname into strict home from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm';
  execute format('create index mcp_run_cards_names on mcp_run_cards using gin (search_names %I.gin_trgm_ops) with (fastupdate = off)', home);
  execute format('alter function run_cards_find(text, text, jsonb, jsonb, integer) set search_path = public, %I, pg_temp', home);
  execute format('grant usage on schema %I to service_role', home);
end $$;

create or replace function schema_version() returns jsonb language sql immutable set search_path = public, pg_temp as
  $$ select '"20261128000022"'::jsonb $$;
select patchbay_seal();
