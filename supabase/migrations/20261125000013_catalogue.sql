-- The catalogue: what could be connected beside our own run cards, mirrored from an MCP registry, and how often each card was.

create table mcp_run_cards (
  name text primary key,
  source text not null check (source in ('curated', 'registry')),
  title text not null default '',
  description text not null default '',
  version text not null default '',
  entry jsonb,
  status text not null default 'active' check (status in ('active', 'deprecated')),
  verified boolean not null default false,
  popularity bigint not null default 0,
  search_text text not null default '',
  grams text[] not null default '{}',
  updated_at timestamptz,
  seen_at timestamptz not null default clock_timestamp(),
  check (source = 'curated' or entry is not null)
);
comment on table mcp_run_cards is 'patchbay: registry entries people may connect (entry: all a connection needs), and for these and our own cards how often they were connected (popularity)';
create index mcp_run_cards_grams on mcp_run_cards using gin (grams);
alter table mcp_run_cards enable row level security;

create table mcp_card_mirrors (
  url text primary key,
  holder text,
  held_until timestamptz,
  claimed_at timestamptz,
  next_at timestamptz not null default '-infinity',
  since timestamptz,
  full_at timestamptz,
  walked_at timestamptz,
  failures integer not null default 0
);
comment on table mcp_card_mirrors is 'patchbay: one row per registry; the instance that holds it reads what changed since the last walk, and now and then everything';
alter table mcp_card_mirrors enable row level security;

insert into mcp_run_cards (name, source, popularity)
select mcp_type, 'curated', count(*) from mcp_connections where position('/' in mcp_type) = 0 group by mcp_type;

-- An entry's name holds a slash, a card's of ours never; an entry that is gone from the registry is not counted any more.
create function run_card_connected() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if position('/' in new.mcp_type) = 0 then
    insert into mcp_run_cards (name, source, popularity) values (new.mcp_type, 'curated', 1)
    on conflict (name) do update set popularity = mcp_run_cards.popularity + 1;
  else
    update mcp_run_cards set popularity = popularity + 1 where name = new.mcp_type;
  end if;
  return null;
end $$;
comment on function run_card_connected() is 'patchbay: counts how often a card is connected';
create trigger mcp_connections_counted after insert on mcp_connections for each row execute function run_card_connected();

-- What a connection was made from stays with it, whatever else is filled in anew.
create or replace function connection_replace(p_id uuid, p_config jsonb, p_credential text, p_tools jsonb, p_era jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare row mcp_connections;
begin
  update mcp_connections set
    connection_config = p_config || jsonb_strip_nulls(jsonb_build_object('entry', connection_config -> 'entry')),
    credential_reference = p_credential, tools_available = p_tools,
    era = p_era, era_at = now(), status = 'connected', status_reason = null
  where id = p_id returning * into row;
  if not found then
    raise exception 'This connection is gone. Connect it anew with /mcp connect.' using errcode = 'PT404';
  end if;
  perform audit(row.workspace_id, coalesce(row.user_id, ''), 'connection_replaced', jsonb_build_object('connection', p_id));
  return to_jsonb(row);
end $$;

create function run_cards_claim(p_url text, p_holder text, p_lease_ms integer) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare row mcp_card_mirrors;
begin
  insert into mcp_card_mirrors (url) values (p_url) on conflict do nothing;
  update mcp_card_mirrors set holder = p_holder, claimed_at = clock_timestamp(),
    held_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
  where url = p_url and next_at <= clock_timestamp() and (held_until is null or held_until < clock_timestamp())
  returning * into row;
  if not found then return null; end if;
  return jsonb_build_object(
    'since', row.since, 'failures', row.failures,
    'full_age_ms', floor(extract(epoch from clock_timestamp() - row.full_at) * 1000)
  );
end $$;
comment on function run_cards_claim(text, text, integer) is 'patchbay: the turn to read a registry when it is due; null when it is not, or when another instance has it';

create function run_cards_put(p_url text, p_holder text, p_lease_ms integer, p_rows jsonb, p_gone jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  update mcp_card_mirrors set held_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
  where url = p_url and holder = p_holder and held_until >= clock_timestamp();
  if not found then return 'false'::jsonb; end if;
  insert into mcp_run_cards (name, source, title, description, version, entry, status, verified, search_text, grams, updated_at, seen_at)
  select r -> 'entry' ->> 'name', 'registry', r -> 'entry' ->> 'title', r -> 'entry' ->> 'description', r -> 'entry' ->> 'version',
    r -> 'entry', r ->> 'status', (r ->> 'verified')::boolean, r ->> 'searchText',
    array(select jsonb_array_elements_text(r -> 'grams')), (r ->> 'updatedAt')::timestamptz, clock_timestamp()
  from jsonb_array_elements(p_rows) r
  on conflict (name) do update set
    title = excluded.title, description = excluded.description, version = excluded.version, entry = excluded.entry,
    status = excluded.status, verified = excluded.verified, search_text = excluded.search_text, grams = excluded.grams,
    updated_at = excluded.updated_at, seen_at = excluded.seen_at
  where mcp_run_cards.source = 'registry';
  delete from mcp_run_cards where source = 'registry' and name in (select jsonb_array_elements_text(p_gone));
  return 'true'::jsonb;
end $$;
comment on function run_cards_put(text, text, integer, jsonb, jsonb) is 'patchbay: keeps a page of a registry and renews the lease; false when another instance has it now';

create function run_cards_walked(p_url text, p_holder text, p_since timestamptz, p_full boolean, p_again_ms integer) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare row mcp_card_mirrors;
begin
  update mcp_card_mirrors set since = p_since, walked_at = clock_timestamp(), failures = 0, holder = null, held_until = null,
    full_at = case when p_full then claimed_at else full_at end,
    next_at = clock_timestamp() + p_again_ms * interval '1 millisecond'
  where url = p_url and holder = p_holder returning * into row;
  if found and p_full then
    delete from mcp_run_cards where source = 'registry' and seen_at < row.claimed_at;
  end if;
  return to_jsonb(found);
end $$;
comment on function run_cards_walked(text, text, timestamptz, boolean, integer) is 'patchbay: a walk came to its end; after a full one what was not seen is gone';

create function run_cards_rest(p_url text, p_holder text, p_failures integer, p_again_ms integer) returns jsonb
language sql set search_path = public, pg_temp as $$
  update mcp_card_mirrors set failures = p_failures, holder = null, held_until = null,
    next_at = clock_timestamp() + p_again_ms * interval '1 millisecond'
  where url = p_url and holder = p_holder;
  select null::jsonb
$$;
comment on function run_cards_rest(text, text, integer, integer) is 'patchbay: a walk was given up; another instance or a later moment goes on';

create function run_card_get(p_name text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('entry', entry, 'status', status, 'verified', verified, 'popularity', popularity)
  from mcp_run_cards where name = p_name and source = 'registry'
$$;
comment on function run_card_get(text) is 'patchbay: one registry entry by its name';

-- Only a choice of what may fit, which the app then ranks: rows in which each word is found, and those whose names look alike.
create function run_cards_find(p_url text, p_workspace text, p_patterns jsonb, p_grams jsonb, p_limit integer) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  with asked as (
    select array(select jsonb_array_elements_text(p_patterns)) as patterns, array(select jsonb_array_elements_text(p_grams)) as grams
  ),
  fitting as (
    select c.name, 0 as alike from mcp_run_cards c, asked
    where c.source = 'registry' and c.search_text ~ all (asked.patterns)
    order by (lower(c.name || ' ' || c.title) ~ all (asked.patterns)) desc, c.verified desc, c.popularity desc, c.name
    limit p_limit
  ),
  alike as (
    select c.name, (select count(*) from unnest(c.grams) g where g = any (asked.grams)) as alike from mcp_run_cards c, asked
    where c.source = 'registry' and c.grams && asked.grams
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
comment on function run_cards_find(text, text, jsonb, jsonb, integer) is 'patchbay: registry entries that may fit a search, and how often cards are connected';

create or replace function schema_version() returns jsonb language sql immutable set search_path = public, pg_temp as
  $$ select '"20261125000013"'::jsonb $$;
select patchbay_seal();
