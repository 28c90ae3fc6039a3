create function patchbay.run_resume_step(
  p_workspace text, p_run uuid, p_step text, p_events jsonb, p_instance text, p_lease_ms integer
) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row runs;
  latest text;
begin
  select * into row from runs where id = p_run and workspace_id = p_workspace for update;
  if not found then return '{"kind": "gone", "fence": null}'; end if;
  if row.status = 'closed' or row.outcome is not null then return '{"kind": "over", "fence": null}'; end if;
  select type into latest from run_events
  where run_id = p_run and type in ('parked', 'step_resumed') and body ->> 'step' = p_step order by seq desc limit 1;
  -- Where what was done is undone, only that goes on.
  if latest is distinct from 'parked' or p_step not like 'undo/%' and exists (select from run_events
    where run_id = p_run and type = 'step_resumed' and body ->> 'how' = 'undo') then
    return '{"kind": "over", "fence": null}';
  end if;
  perform run_append_locked(p_run, p_events);
  update runs set status = 'working', wake_at = null where id = p_run and status = 'suspended';
  perform audit_append(p_workspace, p_events #>> '{0,by}', 'run_step_resumed',
    jsonb_build_object('run', p_run, 'requester', row.user_id, 'step', p_step, 'how', p_events #> '{0,how}'));
  return jsonb_build_object('kind', 'resumed', 'fence', run_claim_if_free(p_run, p_instance, p_lease_ms));
end $$;
comment on function patchbay.run_resume_step(text, uuid, text, jsonb, text, integer) is 'what a person decided of a step that waits for them, once: one compare-and-swap on its being parked; wakes the run and claims it';

-- Words that come while a workflow waits are a request of their own: no model of the run would read them.
create or replace function patchbay.run_waits(p_run uuid) returns boolean
language sql stable set search_path = patchbay, pg_temp as $$
  select exists (select from approvals where run_id = p_run and status = 'pending')
    and not exists (select from run_events where run_id = p_run and seq = 1 and body ? 'workflow')
$$;
comment on function patchbay.run_waits(uuid) is 'whether a run waits for an approval that its requester''s words would withdraw';

insert into patchbay.schema_versions (version, breaking) values ('20261130000049', true);
select patchbay.restrict_access();
