-- A rule for everybody may want two or three people to approve a call. An instance that does not know it would ask for one.
alter table patchbay.rules add column approvals integer check (approvals between 2 and 3);
comment on column patchbay.rules.approvals is 'how many people have to approve what a workspace''s rule is about; null = one';
alter table patchbay.approvals add column needed integer;
alter table patchbay.approvals add column votes jsonb default '[]' not null;
comment on column patchbay.approvals.needed is 'how many people have to approve it, known from the first who did; null = none did, or one is enough';
comment on column patchbay.approvals.votes is 'who has approved it so far, where several have to';

drop function patchbay.rule_add_workspace(text, text, text, text, text, boolean, text, text);
create function patchbay.rule_add_workspace(
  p_workspace text, p_user text, p_card text, p_tool text, p_verdict text, p_four_eyes boolean, p_class text default null, p_channel text default null,
  p_approvals integer default null
) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row rules;
begin
  -- A form that is sent again where its acknowledgement was lost makes no second rule.
  select * into row from rules where workspace_id = p_workspace and scope = 'workspace' and card is not distinct from p_card and tool = p_tool
    and verdict = p_verdict and four_eyes = p_four_eyes and class is not distinct from p_class and channel is not distinct from p_channel
    and approvals is not distinct from p_approvals;
  if found then return rule_row(row); end if;
  insert into rules (workspace_id, scope, card, tool, verdict, four_eyes, class, channel, approvals, created_by)
  values (p_workspace, 'workspace', p_card, p_tool, p_verdict, p_four_eyes, p_class, p_channel, p_approvals, p_user) returning * into row;
  perform audit_append(p_workspace, p_user, 'rule_added', to_jsonb(row));
  return rule_row(row);
end $$;
comment on function patchbay.rule_add_workspace(text, text, text, text, text, boolean, text, text, integer) is 'a rule for the whole workspace';

-- p_event says whose approval of before does not count any more (lost), and how many the rules of now want (needed).
create function patchbay.approval_vote(p_id text, p_by text, p_event jsonb) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row approvals;
  wanted integer;
  counted jsonb;
begin
  select * into row from approvals where id = p_id for update;
  select greatest(row.needed, (p_event ->> 'needed')::integer, 1, (select max((body #>> '{approval,needed}')::integer) from run_events
    where run_id = row.run_id and type = 'judged' and body #>> '{approval,id}' = p_id)) into wanted;
  if wanted = 1 then return null; end if;
  select coalesce(jsonb_agg(one order by nth), '[]') into counted from jsonb_array_elements_text(row.votes) with ordinality as before (one, nth)
  where not coalesce(p_event -> 'lost', '[]') ? one;
  if not counted ? p_by then counted := counted || to_jsonb(p_by); end if;
  if counted <> row.votes then
    update approvals set votes = counted, needed = wanted where id = p_id;
    perform audit_append(row.workspace_id, p_by, 'approval_voted', jsonb_strip_nulls(jsonb_build_object('approval', row.id, 'run', row.run_id,
      'call', row.call_id, 'requester', row.requester, 'hash', row.hash, 'needed', wanted, 'votes', counted, 'lost', p_event -> 'lost')));
  end if;
  return jsonb_build_object('needed', wanted, 'votes', counted, 'isNew', counted <> row.votes);
end $$;
comment on function patchbay.approval_vote(text, text, jsonb) is 'counts a person''s approval once, where several have to approve; null where one is enough. Only for callers that hold the lock on the run''s row';

create or replace function patchbay.approval_settle(p_workspace text, p_id text, p_status text, p_by text, p_event jsonb, p_instance text, p_lease_ms integer)
returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row approvals;
  settled jsonb;
  vote jsonb;
  event jsonb := p_event - 'needed' - 'lost';
begin
  perform from runs r join approvals a on a.run_id = r.id where a.id = p_id and a.workspace_id = p_workspace for update of r;
  select * into row from approvals where id = p_id and workspace_id = p_workspace for update;
  if not found then return jsonb_build_object('kind', 'gone'); end if;
  if row.status = 'pending' and row.proposed_by is not null and row.expires_at > clock_timestamp()
    and (p_by is distinct from row.requester or (p_status = 'approved' and p_event ->> 'hash' is distinct from row.proposal_hash)) then
    return jsonb_build_object('kind', 'changed', 'by', row.proposed_by, 'requester', row.requester);
  end if;
  if row.status = 'pending' and row.proposed_by is null and row.expires_at > clock_timestamp() and p_status = 'approved' then
    vote := approval_vote(p_id, p_by, p_event);
  end if;
  if jsonb_array_length(vote -> 'votes') < (vote ->> 'needed')::integer then
    if (vote ->> 'isNew')::boolean then
      perform run_append_locked(row.run_id, jsonb_build_array(jsonb_build_object('type', 'voted', 'call', row.call_id, 'approval', row.id,
        'by', p_by, 'needed', vote -> 'needed', 'votes', vote -> 'votes', 'at', p_event -> 'at')));
      update runs set status = 'working' where id = row.run_id and status = 'suspended';
    end if;
    return vote || jsonb_build_object('kind', 'voted', 'run', row.run_id,
      'fence', case when p_instance is not null then run_claim_if_free(row.run_id, p_instance, p_lease_ms) end);
  end if;
  if vote is not null then event := event || jsonb_build_object('approvedBy', vote -> 'votes'); end if;
  settled := approval_decide(p_workspace, p_id, p_status, p_by, event, p_instance, p_lease_ms);
  if settled ->> 'kind' = 'settled' and p_event ? 'reason' then
    update approvals set reason = p_event ->> 'reason' where id = p_id;
    perform audit_append(p_workspace, p_by, 'denial_explained', jsonb_build_object('approval', row.id, 'run', row.run_id,
      'call', row.call_id, 'requester', row.requester, 'reason', p_event ->> 'reason'));
  end if;
  return settled;
end $$;
comment on function patchbay.approval_settle(text, text, text, text, jsonb, text, integer) is 'a person''s decision, with the words of a denial: voted where more people have to approve, changed where the call is not what they were shown';

insert into patchbay.schema_versions (version, breaking) values ('20261129000040', true);
select patchbay.restrict_access();
