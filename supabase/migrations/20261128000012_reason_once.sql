-- A reason that was stored, and acknowledged too late, is sent again.
create or replace function patchbay.denial_explain(p_workspace text, p_id text, p_by text, p_event jsonb) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row approvals;
begin
  perform from runs r join approvals a on a.run_id = r.id where a.id = p_id and a.workspace_id = p_workspace for update of r;
  select * into row from approvals where id = p_id and workspace_id = p_workspace;
  if not found or row.status <> 'denied' or row.decided_by is distinct from p_by then return null; end if;
  if row.reason = p_event ->> 'reason' then return null; end if;
  update approvals set reason = p_event ->> 'reason' where id = p_id;
  -- Also in a run that is over: the next request of its conversation reads it.
  perform run_append_locked(row.run_id, jsonb_build_array(p_event));
  perform audit_append(p_workspace, p_by, 'denial_explained', jsonb_build_object('approval', row.id, 'run', row.run_id,
    'call', row.call_id, 'requester', row.requester, 'reason', p_event ->> 'reason'));
  return to_jsonb(row.run_id);
end $$;
comment on function patchbay.denial_explain(text, text, text, jsonb) is 'saves why a person denied a call and appends it to the run; the run, or null when it was not they who denied it, or they said so already';

insert into patchbay.schema_versions (version, breaking) values ('20261128000012', false);
select patchbay.restrict_access();
