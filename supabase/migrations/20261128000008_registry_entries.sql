-- An entry with several addresses has a row for each: namespace/name, and namespace/name/address for those behind the first.
create or replace function patchbay.registry_sync_save_page(p_url text, p_owner text, p_lease_ms integer, p_rows jsonb, p_gone jsonb) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  update mcp_registry_syncs set lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
  where url = p_url and owner = p_owner and lease_until >= clock_timestamp();
  if not found then return 'false'::jsonb; end if;
  insert into mcp_run_cards (card_name, mcp_type, source, title, description, config_template, required_credentials, created_by,
    version, status, verified, search_text, updated_at, seen_at)
  select r -> 'entry' ->> 'name', r -> 'entry' ->> 'name', 'registry', r -> 'entry' ->> 'title', r -> 'entry' ->> 'description', r -> 'entry',
    (select coalesce(jsonb_agg(jsonb_build_object('kind', 'secret', 'name', i -> 'name', 'label', i -> 'label')), '[]')
      from jsonb_array_elements(r -> 'entry' -> 'inputs') i where (i -> 'secret')::boolean and (i -> 'required')::boolean),
    split_part(r -> 'entry' ->> 'name', '/', 1),
    r -> 'entry' ->> 'version', r ->> 'status', (r ->> 'verified')::boolean, r ->> 'searchText', (r ->> 'updatedAt')::timestamptz, clock_timestamp()
  from jsonb_array_elements(p_rows) r
  on conflict (card_name) do update set
    title = excluded.title, description = excluded.description, config_template = excluded.config_template,
    required_credentials = excluded.required_credentials, version = excluded.version, status = excluded.status,
    verified = excluded.verified, search_text = excluded.search_text,
    updated_at = excluded.updated_at, seen_at = excluded.seen_at
  where mcp_run_cards.source = 'registry';
  delete from mcp_run_cards c where c.source = 'registry'
    and c.card_name not in (select r -> 'entry' ->> 'name' from jsonb_array_elements(p_rows) r)
    and registry_entry_of(c.card_name) in (
      select jsonb_array_elements_text(p_gone) union select registry_entry_of(r -> 'entry' ->> 'name') from jsonb_array_elements(p_rows) r);
  return 'true'::jsonb;
end $$;

create function patchbay.registry_entry_of(p_card text) returns text
language sql immutable set search_path = patchbay, pg_temp as $$
  select split_part(p_card, '/', 1) || '/' || split_part(p_card, '/', 2)
$$;
comment on function patchbay.registry_entry_of(text) is 'the registry''s name of an entry, without the part that names one of its addresses';

-- Whether an input of an entry is a value in one of its headers that nobody chooses from a list.
create function patchbay.is_header_value(p_entry jsonb, p_input jsonb) returns boolean
language sql immutable set search_path = patchbay, pg_temp as $$
  select not p_input ? 'choices' and exists (
    select from jsonb_each_text(p_entry -> 'headers') h where position('{' || (p_input ->> 'name') || '}' in h.value) > 0)
$$;
comment on function patchbay.is_header_value(jsonb, jsonb) is 'whether an input of a registry entry fills a header and is not chosen from a list';

create function patchbay.entry_with_secret_headers(p_entry jsonb) returns jsonb
language sql immutable set search_path = patchbay, pg_temp as $$
  select jsonb_set(p_entry, '{inputs}', coalesce((
    select jsonb_agg(case when is_header_value(p_entry, i.input) then (i.input || '{"secret": true}') - 'default' else i.input end order by i.nth)
    from jsonb_array_elements(p_entry -> 'inputs') with ordinality as i (input, nth)), '[]'))
$$;
comment on function patchbay.entry_with_secret_headers(jsonb) is 'a registry entry in which every value of a header is a secret';

-- Entries that were read by an older version left keys unmarked: what they ask for in headers is a secret until they are read anew.
update patchbay.mcp_run_cards set config_template = patchbay.entry_with_secret_headers(config_template) where source = 'registry';
update patchbay.mcp_registry_syncs set full_sync_at = null, next_sync_at = '-infinity';

-- The app moves what connections made from such entries hold in the clear; it has the credential store.
create table patchbay.mcp_clear_connections (
  connection_id uuid primary key references patchbay.mcp_connections (id) on delete cascade
);
comment on table patchbay.mcp_clear_connections is 'connections whose inputs may hold a key in the clear; the app moves it to the credential store at its next start';
alter table patchbay.mcp_clear_connections enable row level security;
insert into patchbay.mcp_clear_connections (connection_id)
select c.id from patchbay.mcp_connections c
where exists (select from jsonb_array_elements(c.connection_config -> 'entry' -> 'inputs') i
  where not (i -> 'secret')::boolean and patchbay.is_header_value(c.connection_config -> 'entry', i)
    and c.connection_config -> 'inputs' ? (i ->> 'name'));

create function patchbay.clear_connections() returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'workspace', c.workspace_id, 'credential', c.credential_reference,
    'values', (select coalesce(jsonb_object_agg(i ->> 'name', c.connection_config -> 'inputs' -> (i ->> 'name')), '{}')
      from jsonb_array_elements(c.connection_config -> 'entry' -> 'inputs') i
      where not (i -> 'secret')::boolean and is_header_value(c.connection_config -> 'entry', i) and c.connection_config -> 'inputs' ? (i ->> 'name')))), '[]')
  from mcp_clear_connections k join mcp_connections c on c.id = k.connection_id
$$;
comment on function patchbay.clear_connections() is 'connections that hold values of headers in the clear, with these values';

create function patchbay.clear_connection_secure(p_workspace text, p_id uuid, p_old text, p_new text, p_names jsonb) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  delete from mcp_clear_connections where connection_id = p_id;
  if not found then return 'false'::jsonb; end if;
  update mcp_connections set credential_reference = p_new, connection_config = connection_config || jsonb_build_object(
      'inputs', (connection_config -> 'inputs') - array(select jsonb_array_elements_text(p_names)),
      'entry', entry_with_secret_headers(connection_config -> 'entry'))
  where id = p_id and workspace_id = p_workspace and credential_reference is not distinct from p_old;
  if not found then
    insert into mcp_clear_connections (connection_id) values (p_id);
    return 'false'::jsonb;
  end if;
  perform audit_append(p_workspace, 'patchbay', 'connection_secured', jsonb_build_object('connection', p_id, 'inputs', p_names));
  return 'true'::jsonb;
end $$;
comment on function patchbay.clear_connection_secure(text, uuid, text, text, jsonb) is 'a connection whose values of headers were saved under a new reference; false when it changed meanwhile or another instance did it';

insert into patchbay.schema_versions (version, breaking) values ('20261128000008', false);
select patchbay.restrict_access();
