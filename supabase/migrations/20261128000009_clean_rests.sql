-- Whether everything that a run shows is recorded: true while it rests, false from the first read of its next holder.
alter table patchbay.runs add column all_recorded boolean not null default false;
comment on column patchbay.runs.all_recorded is 'whether each message that shows the run stands in slack_messages; a holder that finds false looks for others in the thread';

create or replace function patchbay.run_suspend(p_run uuid, p_fence bigint, p_seq integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  update runs set status = 'suspended', owner = null, lease_until = null, all_recorded = true
  where id = p_run and fence = p_fence and last_seq = p_seq and status = 'working';
  return to_jsonb(found);
end $$;

create function patchbay.run_load(p_run uuid, p_fence bigint) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row runs;
begin
  select * into row from runs where id = p_run and fence = p_fence for update;
  if not found then return null; end if;
  if row.all_recorded then
    update runs set all_recorded = false where id = p_run;
  end if;
  return jsonb_build_object('seq', row.last_seq, 'all_recorded', row.all_recorded,
    'events', (select coalesce(jsonb_agg(e.body order by e.seq), '[]') from run_events e where e.run_id = p_run and e.seq <= row.last_seq));
end $$;
comment on function patchbay.run_load(uuid, bigint) is 'all events of a run for its new holder, and whether the holder before it recorded everything it showed';

insert into patchbay.schema_versions (version, breaking) values ('20261128000009', false);
select patchbay.restrict_access();
