-- How often each tool was called: where not all tools fit a model, those that are used go first.
create function patchbay.tool_call_counts(p_workspace text, p_connections jsonb) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('connection', connection_id, 'tool', tool_name, 'calls', calls)), '[]')
  from (
    select connection_id, tool_name, count(*) as calls from mcp_tool_usage
    where workspace_id = p_workspace
      and connection_id in (select one::uuid from jsonb_array_elements_text(p_connections) one)
      and executed_at > now() - interval '90 days'
    group by connection_id, tool_name
  ) counted
$$;
comment on function patchbay.tool_call_counts(text, jsonb) is 'how often the tools of these connections were called in the last 90 days';

insert into patchbay.schema_versions (version, breaking) values ('20261128000010', false);
select patchbay.restrict_access();
