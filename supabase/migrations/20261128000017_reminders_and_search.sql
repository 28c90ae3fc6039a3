alter table run_inputs add column reminded_at timestamptz;

create function inputs_remind(p_lead_ms integer) returns jsonb
language sql set search_path = public, pg_temp as $$
  with due as (
    -- What a server waits for on the wire is a matter of minutes.
    select id from run_inputs
    where status = 'pending' and not live and reminded_at is null and expires_at > clock_timestamp()
      and expires_at <= clock_timestamp() + p_lead_ms * interval '1 millisecond'
    order by expires_at limit 20 for update skip locked
  ),
  claimed as (update run_inputs i set reminded_at = clock_timestamp() from due where i.id = due.id returning i.id)
  select coalesce(jsonb_agg(id), '[]') from claimed
$$;
comment on function inputs_remind(integer) is 'patchbay: claims the reminders of questions that are due, each once';

create function input_unremind(p_id text) returns jsonb
language sql set search_path = public, pg_temp as $$
  update run_inputs set reminded_at = null where id = p_id and status = 'pending';
  select null::jsonb
$$;
comment on function input_unremind(text) is 'patchbay: a claimed reminder of a question that could not be sent is due again';

-- What waits to be put into the index makes the planner pass it over until a vacuum; a mirror is written hourly, and searched at once.
alter index mcp_run_cards_grams set (fastupdate = off);

-- Only a choice of what may fit, which the app then ranks: rows in which each word is found, and those whose names look alike.
create or replace function run_cards_find(p_url text, p_workspace text, p_patterns jsonb, p_grams jsonb, p_limit integer) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  with asked as (
    select array(select jsonb_array_elements_text(p_patterns)) as patterns
  ),
  fitting as (
    select c.name, 0 as alike from mcp_run_cards c, asked
    where c.source = 'registry' and c.search_text ~ all (asked.patterns)
    order by (lower(c.name || ' ' || c.title) ~ all (asked.patterns)) desc, c.verified desc, c.popularity desc, c.name
    limit p_limit
  ),
  -- One look into the index for each three letters.
  alike as (
    select c.name, count(*) as alike from jsonb_array_elements_text(p_grams) gram join mcp_run_cards c on c.grams @> array[gram]
    where c.source = 'registry'
    group by c.name, c.popularity
    order by 2 desc, c.popularity desc, c.name
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

create or replace function schema_version() returns jsonb language sql immutable set search_path = public, pg_temp as
  $$ select '"20261128000017"'::jsonb $$;
select patchbay_seal();
