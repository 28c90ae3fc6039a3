-- A connection of the workspace: nobody's own, so its row stands under the user W00, which is no Slack user's id.
create table patchbay.shared_connections (
  connection_id uuid primary key references patchbay.mcp_connections (id) on delete cascade,
  audience text not null check (audience in ('everybody', 'approvers', 'people')),
  people jsonb not null default '[]',
  level text not null check (level in ('reads', 'writes_ask', 'all_ask')),
  shared_by text not null,
  from_file boolean not null default false,
  shared_at timestamptz not null default clock_timestamp()
);
comment on table patchbay.shared_connections is 'who may use a connection of the workspace, and how far';
comment on column patchbay.shared_connections.from_file is 'the operator''s file says so, and only that changes it';
comment on column patchbay.shared_connections.audience is 'everybody: the members of the workspace; approvers: its approvers and owners; people: those named';
alter table patchbay.shared_connections enable row level security;
comment on table patchbay.mcp_connections is 'a person''s (user_id) or the workspace''s (W00) link to one MCP server; the credential store keeps its secrets under credential_reference';

create function patchbay.shared_connection_row(p_connection patchbay.mcp_connections) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select to_jsonb(p_connection) || jsonb_build_object('shared', (
      select jsonb_build_object('audience', s.audience, 'people', s.people, 'level', s.level, 'by', s.shared_by,
        'fromFile', s.from_file)
      from shared_connections s where s.connection_id = p_connection.id))
    || coalesce((select jsonb_build_object('classed_tools', r.available_tools) from mcp_run_cards r
      where r.card_name = p_connection.mcp_type and r.workspace_id = p_connection.workspace_id and r.source = 'saved' and r.is_public
        and r.version = p_connection.connection_config #>> '{entry,version}'), '{}')
$$;
comment on function patchbay.shared_connection_row(patchbay.mcp_connections) is 'a connection of the workspace with who may use it, and how far';

create function patchbay.shared_connections_in(p_workspace text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(shared_connection_row(c) order by lower(c.connection_name)), '[]')
  from mcp_connections c join shared_connections s on s.connection_id = c.id
  where c.workspace_id = p_workspace and c.user_id = 'W00'
$$;
comment on function patchbay.shared_connections_in(text) is 'the connections of a workspace itself, by name';

create function patchbay.shared_connections_from_files() returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(shared_connection_row(c)), '[]')
  from mcp_connections c join shared_connections s on s.connection_id = c.id where s.from_file
$$;
comment on function patchbay.shared_connections_from_files() is 'what the operator''s file connected, in all workspaces';

create function patchbay.connection_share(
  p_workspace text, p_user text, p_id uuid, p_audience text, p_people jsonb, p_level text, p_from_file boolean
) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row mcp_connections;
  before jsonb;
  ended jsonb;
begin
  perform pg_advisory_xact_lock(hashtextextended('patchbay connections ' || p_workspace || p_user, 0));
  select * into row from mcp_connections
  where id = p_id and workspace_id = p_workspace and user_id in (p_user, 'W00') for update;
  if not found then return null; end if;
  select to_jsonb(s) into before from shared_connections s where s.connection_id = p_id;
  -- What one person decided for their own use, nobody else has decided.
  select coalesce(jsonb_agg(to_jsonb(r) order by r.created_at), '[]') into ended from rules r where r.connection_id = p_id;
  delete from rules where connection_id = p_id;
  update mcp_connections set user_id = 'W00' where id = p_id returning * into row;
  insert into shared_connections (connection_id, audience, people, level, shared_by, from_file)
  values (p_id, p_audience, p_people, p_level, p_user, p_from_file)
  on conflict (connection_id) do update set audience = excluded.audience, people = excluded.people, level = excluded.level,
    shared_by = case when p_from_file then excluded.shared_by else shared_connections.shared_by end, from_file = p_from_file;
  perform audit_append(p_workspace, p_user, 'connection_shared', jsonb_build_object('connection', p_id, 'name', row.connection_name,
    'card', row.mcp_type, 'audience', p_audience, 'people', p_people, 'level', p_level, 'from_file', p_from_file, 'before', before, 'rules', ended));
  return shared_connection_row(row);
exception when unique_violation then
  raise exception 'There is already a workspace connection called "%". Disconnect that one first, or connect yours under another name.',
    (select connection_name from mcp_connections where id = p_id) using errcode = 'PT410';
end $$;
comment on function patchbay.connection_share(text, text, uuid, text, jsonb, text, boolean) is
  'shares a person''s connection with the workspace, or changes who may use it; the caller checks who may do this';

create function patchbay.shared_connection_managed(p_workspace text, p_user text, p_id uuid, p_act text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row mcp_connections;
begin
  select * into row from mcp_connections where id = p_id and workspace_id = p_workspace and user_id = 'W00';
  if not found then return null; end if;
  perform audit_append(p_workspace, p_user, 'shared_connection_managed',
    jsonb_build_object('connection', p_id, 'name', row.connection_name, 'card', row.mcp_type, 'act', p_act));
  return to_jsonb(true);
end $$;
comment on function patchbay.shared_connection_managed(text, text, uuid, text) is 'notes which owner is about to change a connection of the workspace';

insert into patchbay.schema_versions (version, breaking) values ('20261129000042', false);
select patchbay.restrict_access();
