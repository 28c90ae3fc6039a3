-- What somebody else changed in a call runs with the requester's credentials, so the requester confirms it.
alter table patchbay.approvals add column proposed_by text, add column proposal_hash text;
comment on column patchbay.approvals.proposed_by is 'who changed the call; from then on only the requester decides';
comment on column patchbay.approvals.proposal_hash is 'hash of the changed arguments and the tool definition, the only call that can be approved then';

create function patchbay.approval_propose(
  p_workspace text, p_id text, p_by text, p_event jsonb, p_instance text, p_lease_ms integer
) returns jsonb language plpgsql set search_path = patchbay, pg_temp as $$
declare row approvals;
begin
  perform from runs r join approvals a on a.run_id = r.id where a.id = p_id and a.workspace_id = p_workspace for update of r;
  select * into row from approvals where id = p_id and workspace_id = p_workspace for update;
  if not found then return jsonb_build_object('kind', 'gone'); end if;
  if row.status = 'pending' and row.expires_at <= clock_timestamp() then
    return approval_decide(p_workspace, p_id, 'expired', null, jsonb_build_object('type', 'answered', 'call', row.call_id,
      'approval', row.id, 'decision', 'expired', 'at', p_event -> 'at'), p_instance, p_lease_ms) || '{"kind": "already"}';
  end if;
  if row.status <> 'pending' then
    return jsonb_build_object('kind', 'already', 'run', row.run_id, 'decision', row.status, 'by', row.decided_by, 'at', row.decided_at);
  end if;
  -- The same form may be sent again where its acknowledgement was lost.
  if row.proposed_by = p_by and row.proposal_hash = p_event ->> 'hash' then
    return jsonb_build_object('kind', 'proposed', 'run', row.run_id, 'fence', null);
  end if;
  if row.proposed_by is not null then
    return jsonb_build_object('kind', 'changed', 'by', row.proposed_by, 'requester', row.requester);
  end if;
  -- Another person is asked now, who was not reminded.
  update approvals set proposed_by = p_by, proposal_hash = p_event ->> 'hash', reminded_at = null where id = p_id;
  perform run_append_locked(row.run_id, jsonb_build_array(p_event));
  update runs set status = 'working' where id = row.run_id and status = 'suspended';
  perform audit_append(row.workspace_id, p_by, 'approval_changed', jsonb_build_object('approval', row.id, 'run', row.run_id,
    'call', row.call_id, 'requester', row.requester, 'hash', p_event ->> 'hash', 'asked_hash', row.hash));
  return jsonb_build_object('kind', 'proposed', 'run', row.run_id,
    'fence', case when p_instance is not null then run_claim_if_free(row.run_id, p_instance, p_lease_ms) end);
end $$;
comment on function patchbay.approval_propose(text, text, text, jsonb, text, integer) is 'saves an edit by somebody else than the requester, who alone decides from then on; the first edit counts';

-- A press on a card that was changed meanwhile decides nothing.
create function patchbay.approval_settle(
  p_workspace text, p_id text, p_status text, p_by text, p_event jsonb, p_instance text, p_lease_ms integer
) returns jsonb language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row approvals;
  settled jsonb;
begin
  perform from runs r join approvals a on a.run_id = r.id where a.id = p_id and a.workspace_id = p_workspace for update of r;
  select * into row from approvals where id = p_id and workspace_id = p_workspace for update;
  if not found then return jsonb_build_object('kind', 'gone'); end if;
  if row.status = 'pending' and row.proposed_by is not null and row.expires_at > clock_timestamp()
    and (p_by is distinct from row.requester or (p_status = 'approved' and p_event ->> 'hash' is distinct from row.proposal_hash)) then
    return jsonb_build_object('kind', 'changed', 'by', row.proposed_by, 'requester', row.requester);
  end if;
  settled := approval_decide(p_workspace, p_id, p_status, p_by, p_event, p_instance, p_lease_ms);
  if settled ->> 'kind' = 'settled' and p_event ? 'reason' then
    update approvals set reason = p_event ->> 'reason' where id = p_id;
    perform audit_append(p_workspace, p_by, 'denial_explained', jsonb_build_object('approval', row.id, 'run', row.run_id,
      'call', row.call_id, 'requester', row.requester, 'reason', p_event ->> 'reason'));
  end if;
  return settled;
end $$;
comment on function patchbay.approval_settle(text, text, text, text, jsonb, text, integer) is 'a person''s decision, with the words of a denial; changed where the call is not what they were shown';

create or replace function patchbay.approvals_pending(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  with approvers as (select approvers_of(p_workspace) as named),
  open as (
    select a.* from approvals a, approvers
    where a.workspace_id = p_workspace and a.status = 'pending' and a.expires_at > now()
      and case when a.proposed_by is not null then a.requester = p_user
        -- Owners decide where none of the named approvers can.
        else approval_may_decide(a, p_user, approvers.named) or exists (select from run_events e
          where e.run_id = a.run_id and e.type = 'judged' and e.body #>> '{approval,id}' = a.id
            and e.body #> '{approval,byOwners}' = 'true' and e.body #> '{approval,approvers}' ? p_user) end
    order by a.created_at limit 40
  )
  select coalesce(jsonb_agg(jsonb_build_object('run', run_id, 'call', call_id, 'events', run_events_bare(run_id)) order by created_at), '[]')
  from open
$$;

-- The words of a denial come with it.
drop function patchbay.denial_explain(text, text, text, jsonb);

insert into patchbay.schema_versions (version, breaking) values ('20261129000017', false);
select patchbay.restrict_access();
