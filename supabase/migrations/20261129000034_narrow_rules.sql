-- A person's rule holds for what the card showed that it was made on. Those made before say nothing of that, stay listed, and allow nothing.
-- An instance that does not know the column would take a rule for any arguments.
alter table patchbay.rules add column reach jsonb;
comment on column patchbay.rules.reach is 'what a person''s rule holds for beside connection, tool and definition; null = made before rules were narrow, allows nothing';
drop index patchbay.rules_always;
drop index patchbay.rules_in_thread;
create unique index rules_narrow on patchbay.rules (connection_id, tool, coalesce(conversation, ''), md5(reach::text)) where scope = 'person';

create function patchbay.rule_add_narrow(p_workspace text, p_user text, p_connection uuid, p_tool text, p_definition text, p_reach jsonb, p_conversation text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row rules;
begin
  if not exists (select from mcp_connections where id = p_connection and workspace_id = p_workspace and user_id = p_user) then
    raise exception 'This connection is gone, so there is nothing to allow.' using errcode = 'PT404';
  end if;
  if p_reach is null then
    raise exception 'A rule has to say what it holds for.' using errcode = 'PT400';
  end if;
  insert into rules (workspace_id, scope, user_id, connection_id, tool, verdict, definition, reach, conversation, created_by)
  values (p_workspace, 'person', p_user, p_connection, p_tool, 'allow', p_definition, p_reach, p_conversation, p_user)
  on conflict (connection_id, tool, coalesce(conversation, ''), md5(reach::text)) where scope = 'person'
  do update set definition = excluded.definition, verdict = 'allow'
  returning * into row;
  perform audit_append(p_workspace, p_user, 'rule_added', to_jsonb(row));
  return rule_row(row);
end $$;
comment on function patchbay.rule_add_narrow(text, text, uuid, text, text, jsonb, text) is 'a person''s "always allow", or "allow in this thread" with a conversation';

drop function patchbay.rule_add_in_thread(text, text, uuid, text, text, text);
create or replace function patchbay.rule_add_always(p_workspace text, p_user text, p_connection uuid, p_tool text, p_definition text) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  select null::jsonb
$$;
comment on function patchbay.rule_add_always(text, text, uuid, text, text) is 'makes nothing: a rule for any arguments is none any more';

create or replace function patchbay.approvals_decide(
  p_workspace text, p_by text, p_answers jsonb, p_width text, p_instance text, p_lease_ms integer
) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
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
  -- Only where the answer will count: not where somebody changed the call meanwhile.
  if p_width in ('thread', 'always') and p_answers #>> '{0,status}' = 'approved' and p_answers #> '{0,event,reach}' is not null
    and row.requester = p_by and row.status = 'pending' and row.proposed_by is null and row.expires_at > clock_timestamp() then
    select body into judged from run_events
    where run_id = row.run_id and type = 'judged' and body ->> 'call' = row.call_id order by seq desc limit 1;
    -- Not for a connection that is gone.
    if exists (select from mcp_connections
      where id = (judged #>> '{target,connection}')::uuid and workspace_id = p_workspace and user_id = row.requester) then
      perform rule_add_narrow(p_workspace, row.requester, (judged #>> '{target,connection}')::uuid, judged #>> '{target,tool}', judged ->> 'definition',
        p_answers #> '{0,event,reach}', case when p_width = 'thread' then (select conversation from runs where id = row.run_id) end);
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

insert into patchbay.schema_versions (version, breaking) values ('20261129000034', true);
select patchbay.restrict_access();
