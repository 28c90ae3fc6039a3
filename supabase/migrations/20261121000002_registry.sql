create table mcp_connections (
  id uuid primary key,
  workspace_id text not null,
  user_id text,
  connection_name text not null,
  mcp_type text not null,
  connection_config jsonb not null,
  credential_reference text,
  status text not null default 'connected' check (status in ('connected', 'failing', 'needs_sign_in')),
  status_reason text,
  tools_available jsonb not null default '[]',
  era jsonb,
  era_at timestamptz,
  created_at timestamptz not null default now(),
  last_used timestamptz,
  usage_count bigint not null default 0
);
comment on table mcp_connections is 'patchbay: a person''s (user_id) or the workspace''s (null) link to one MCP server; secrets are elsewhere, under credential_reference';
create unique index mcp_connections_name on mcp_connections (workspace_id, coalesce(user_id, ''), lower(connection_name));
alter table mcp_connections enable row level security;

create table mcp_tool_usage (
  id bigint generated always as identity primary key,
  workspace_id text not null,
  connection_id uuid,
  run_id uuid,
  agent text,
  tool_name text not null,
  execution_time_ms integer not null,
  success boolean not null,
  error_details text,
  tokens_saved integer not null default 0,
  executed_at timestamptz not null default now()
);
comment on table mcp_tool_usage is 'patchbay: one row per tool call that returned; outlives its connection';
create index mcp_tool_usage_connection on mcp_tool_usage (connection_id, executed_at desc);
alter table mcp_tool_usage enable row level security;

create function connections_of(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(to_jsonb(c) order by lower(c.connection_name)), '[]')
  from mcp_connections c where c.workspace_id = p_workspace and c.user_id = p_user
$$;
comment on function connections_of(text, text) is 'patchbay: a person''s connections by name';

create function connection_named(p_workspace text, p_user text, p_name text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select to_jsonb(c) from mcp_connections c
  where c.workspace_id = p_workspace and coalesce(c.user_id, '') = p_user and lower(c.connection_name) = lower(p_name)
$$;
comment on function connection_named(text, text, text) is 'patchbay: one connection by its name';

create function connection_get(p_id uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select to_jsonb(c) from mcp_connections c where c.id = p_id
$$;
comment on function connection_get(uuid) is 'patchbay: one connection';

create function connection_add(
  p_id uuid, p_workspace text, p_user text, p_name text, p_card text, p_config jsonb,
  p_credential text, p_tools jsonb, p_era jsonb, p_limit integer
) returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare row mcp_connections;
begin
  -- Two submits at once must not both find the last free place.
  perform pg_advisory_xact_lock(hashtextextended('patchbay connections ' || p_workspace || p_user, 0));
  if (select count(*) from mcp_connections where workspace_id = p_workspace and user_id = p_user) >= p_limit then
    raise exception 'You already have % connections, which is the most here. Disconnect one you no longer need, then connect again.', p_limit
      using errcode = 'PT429';
  end if;
  insert into mcp_connections (id, workspace_id, user_id, connection_name, mcp_type, connection_config, credential_reference, tools_available, era, era_at)
  values (p_id, p_workspace, p_user, p_name, p_card, p_config, p_credential, p_tools, p_era, now())
  returning * into row;
  perform audit(p_workspace, p_user, 'connection_added', jsonb_build_object('connection', p_id, 'name', p_name, 'card', p_card));
  return to_jsonb(row);
exception when unique_violation then
  raise exception 'You already have a connection called "%". Choose another name.', p_name using errcode = 'PT410';
end $$;
comment on function connection_add(uuid, text, text, text, text, jsonb, text, jsonb, jsonb, integer) is 'patchbay: saves a connection that was tested';

create function connection_replace(p_id uuid, p_config jsonb, p_credential text, p_tools jsonb, p_era jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare row mcp_connections;
begin
  update mcp_connections set connection_config = p_config, credential_reference = p_credential, tools_available = p_tools,
    era = p_era, era_at = now(), status = 'connected', status_reason = null
  where id = p_id returning * into row;
  if not found then
    raise exception 'This connection is gone. Connect it anew with /mcp connect.' using errcode = 'PT404';
  end if;
  perform audit(row.workspace_id, coalesce(row.user_id, ''), 'connection_replaced', jsonb_build_object('connection', p_id));
  return to_jsonb(row);
end $$;
comment on function connection_replace(uuid, jsonb, text, jsonb, jsonb) is 'patchbay: new inputs after a reconnect that worked';

create function connection_status(p_id uuid, p_status text, p_reason text) returns jsonb
language sql set search_path = public, pg_temp as $$
  update mcp_connections set status = p_status, status_reason = p_reason
  where id = p_id and (status, status_reason) is distinct from (p_status, p_reason);
  select null::jsonb
$$;
comment on function connection_status(uuid, text, text) is 'patchbay: whether a connection works';

create function connection_tools(p_id uuid, p_tools jsonb) returns jsonb
language sql set search_path = public, pg_temp as $$
  update mcp_connections set tools_available = p_tools where id = p_id and tools_available is distinct from p_tools;
  select null::jsonb
$$;
comment on function connection_tools(uuid, jsonb) is 'patchbay: the tools a server lists now';

create function connection_era(p_id uuid, p_era jsonb) returns jsonb
language sql set search_path = public, pg_temp as $$
  update mcp_connections set era = p_era, era_at = now() where id = p_id;
  select null::jsonb
$$;
comment on function connection_era(uuid, jsonb) is 'patchbay: the protocol a server turned out to speak';

create function connection_remove(p_workspace text, p_user text, p_id uuid) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare row mcp_connections;
begin
  delete from mcp_connections where id = p_id and workspace_id = p_workspace and user_id = p_user returning * into row;
  if not found then return null; end if;
  perform audit(p_workspace, p_user, 'connection_removed', jsonb_build_object('connection', p_id, 'name', row.connection_name));
  return to_jsonb(row);
end $$;
comment on function connection_remove(text, text, uuid) is 'patchbay: removes a person''s own connection';

create or replace function schema_version() returns jsonb language sql immutable set search_path = public, pg_temp as
  $$ select '"20261121000002"'::jsonb $$;
select patchbay_seal();
