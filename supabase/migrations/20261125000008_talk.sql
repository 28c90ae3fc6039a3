alter table mcp_connections
  add column tools_left_out jsonb not null default '[]',
  add column server_instructions text;
comment on column mcp_connections.tools_left_out is 'tools the server lists and Patchbay cannot use: [{tool, why}]';
comment on column mcp_connections.server_instructions is 'what the server says of its own use; untrusted';

create function connection_learned(p_id uuid, p_tools jsonb, p_left_out jsonb, p_instructions text) returns jsonb
language sql set search_path = public, pg_temp as $$
  update mcp_connections set tools_available = p_tools, tools_left_out = p_left_out, server_instructions = p_instructions
  where id = p_id
    and (tools_available, tools_left_out, server_instructions) is distinct from (p_tools, p_left_out, p_instructions);
  select null::jsonb
$$;
comment on function connection_learned(uuid, jsonb, jsonb, text) is 'patchbay: what a connection''s server tells of itself now';

-- Instances of the version before this one may still call it while they are replaced.
comment on function connection_tools(uuid, jsonb) is 'patchbay: the tools a server lists now; followed by connection_learned';

create or replace function schema_version() returns jsonb language sql immutable set search_path = public, pg_temp as
  $$ select '"20261125000008"'::jsonb $$;
select patchbay_seal();
