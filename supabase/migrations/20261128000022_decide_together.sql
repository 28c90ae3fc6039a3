-- All answers to one card, or a new rule and the waiting calls it covers, in one statement. p_answers: [{id, status, event}]; the rule hangs on the first.
create function patchbay.approvals_decide(
  p_workspace text, p_by text, p_answers jsonb, p_width text, p_instance text, p_lease_ms integer
) returns jsonb language plpgsql set search_path = patchbay, pg_temp as $$
declare
  answer jsonb;
  outcome jsonb;
  outcomes jsonb := '[]';
  row approvals;
  judged jsonb;
begin
  -- Every lock comes before the first audit row, runs and approvals in one order: two such statements never wait for each other.
  perform from runs where id in (
    select a.run_id from approvals a join jsonb_array_elements(p_answers) one on a.id = one ->> 'id' where a.workspace_id = p_workspace
  ) order by id for update;
  perform from approvals where workspace_id = p_workspace and id in (select one ->> 'id' from jsonb_array_elements(p_answers) one) order by id for update;
  select * into row from approvals where workspace_id = p_workspace and id = p_answers #>> '{0,id}';
  if p_width in ('thread', 'always') and row.status = 'pending' and row.expires_at > clock_timestamp() then
    select body into judged from run_events
    where run_id = row.run_id and type = 'judged' and body ->> 'call' = row.call_id order by seq desc limit 1;
    -- Not for a connection that is gone.
    if exists (select from mcp_connections
      where id = (judged #>> '{target,connection}')::uuid and workspace_id = p_workspace and user_id = row.requester) then
      if p_width = 'always' then
        perform rule_add_always(p_workspace, row.requester, (judged #>> '{target,connection}')::uuid, judged #>> '{target,tool}', judged ->> 'definition');
      else
        perform rule_add_in_thread(p_workspace, row.requester, (judged #>> '{target,connection}')::uuid, judged #>> '{target,tool}',
          judged ->> 'definition', (select conversation from runs where id = row.run_id));
      end if;
    end if;
  end if;
  for answer in select value from jsonb_array_elements(p_answers) loop
    outcome := approval_settle(p_workspace, answer ->> 'id', answer ->> 'status', p_by, answer -> 'event', null, 0);
    outcomes := outcomes || jsonb_build_array(outcome);
    -- What a rule would cover stays as it is where the answer that makes the rule came too late.
    exit when p_width in ('thread', 'always') and jsonb_array_length(outcomes) = 1 and outcome ->> 'kind' <> 'settled';
  end loop;
  return jsonb_build_object('outcomes', outcomes, 'claims', (
    select coalesce(jsonb_agg(jsonb_build_object('run', touched.run,
      'fence', case when p_instance is not null then run_claim_if_free(touched.run, p_instance, p_lease_ms) end)), '[]')
    from (select distinct (one ->> 'run')::uuid as run from jsonb_array_elements(outcomes) one where one ? 'run') touched
  ));
end $$;
comment on function patchbay.approvals_decide(text, text, jsonb, text, text, integer) is 'settles several approvals at once and makes the rule of the first; whoever settles also claims the runs';

insert into patchbay.schema_versions (version, breaking) values ('20261128000022', false);
select patchbay.restrict_access();
