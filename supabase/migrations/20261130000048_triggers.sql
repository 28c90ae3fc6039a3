-- Lock order: the trigger's row, then its occurrences, then its news, and last the workspace's audit chain.

create table patchbay.triggers (
  id uuid primary key,
  workspace_id text not null,
  user_id text not null,
  kind text not null check (kind in ('schedule', 'reaction', 'message', 'shortcut', 'webhook', 'builder', 'resource')),
  title text not null,
  spec jsonb not null,
  workflow_id text,
  starts jsonb not null,
  place jsonb not null,
  version integer not null default 1,
  enabled boolean not null default true,
  paused_why text,
  paused_by text,
  next_at timestamptz,
  failures integer not null default 0,
  runs integer not null default 0,
  cost_usd numeric(12, 6) not null default 0,
  reported_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz not null default clock_timestamp()
);
comment on table patchbay.triggers is 'what starts work by itself: a schedule or something that happens; it acts as its owner, user_id';
comment on column patchbay.triggers.starts is 'what it starts: the inputs of a workflow, or a request in words and who does it';
comment on column patchbay.triggers.place is 'where its runs answer';
comment on column patchbay.triggers.next_at is 'the next occurrence of a schedule; null: paused, or it has none left';
comment on column patchbay.triggers.reported_at is 'the newest occurrence of which it was said that it never succeeded';
create index triggers_due on patchbay.triggers (next_at) where enabled and next_at is not null;
create index triggers_person on patchbay.triggers (workspace_id, user_id);
alter table patchbay.triggers enable row level security;

-- No foreign keys: a second update of a row that has one locks the row it refers to.
create table patchbay.trigger_occurrences (
  trigger_id uuid not null,
  key text not null,
  workspace_id text not null,
  due_at timestamptz not null,
  state text not null check (state in ('taken', 'started', 'ended', 'skipped')),
  why text check (why in ('late', 'running', 'refused', 'not_started')),
  missed integer not null default 0,
  attempts integer not null default 1,
  taken_until timestamptz,
  run_id uuid,
  outcome text,
  ended_at timestamptz,
  primary key (trigger_id, key)
);
comment on table patchbay.trigger_occurrences is 'each time a trigger fired: taken = its run is about to start, by whoever took it last; the newest of each trigger are kept';
comment on column patchbay.trigger_occurrences.key is 'tells occurrences of one trigger apart: of a schedule the time, else the event';
comment on column patchbay.trigger_occurrences.missed is 'earlier occurrences that this one stands for';
create index trigger_occurrences_taken on patchbay.trigger_occurrences (taken_until) where state = 'taken';
create index trigger_occurrences_started on patchbay.trigger_occurrences (run_id) where state = 'started';
create index trigger_occurrences_newest on patchbay.trigger_occurrences (trigger_id, due_at desc);
alter table patchbay.trigger_occurrences enable row level security;

create table patchbay.trigger_news (
  id bigint generated always as identity primary key,
  trigger_id uuid not null,
  body jsonb not null,
  taken_until timestamptz
);
comment on table patchbay.trigger_news is 'what a trigger''s owner has still to be told; written with what happened, gone when it was told';
create index trigger_news_trigger on patchbay.trigger_news (trigger_id);
alter table patchbay.trigger_news enable row level security;

create function patchbay.trigger_row(p_trigger patchbay.triggers) returns jsonb
language sql immutable set search_path = patchbay, pg_temp as $$
  select jsonb_build_object('id', p_trigger.id, 'workspace', p_trigger.workspace_id, 'owner', p_trigger.user_id, 'kind', p_trigger.kind,
    'title', p_trigger.title, 'spec', p_trigger.spec, 'workflow', p_trigger.workflow_id, 'starts', p_trigger.starts, 'place', p_trigger.place,
    'version', p_trigger.version, 'enabled', p_trigger.enabled, 'paused_why', p_trigger.paused_why, 'paused_by', p_trigger.paused_by,
    'next_at', p_trigger.next_at, 'failures', p_trigger.failures)
$$;
comment on function patchbay.trigger_row(patchbay.triggers) is 'a trigger as the app reads it';

create function patchbay.trigger_occurrence_row(p_occurrence patchbay.trigger_occurrences) returns jsonb
language sql immutable set search_path = patchbay, pg_temp as $$
  select jsonb_build_object('key', p_occurrence.key, 'due_at', p_occurrence.due_at, 'state', p_occurrence.state, 'why', p_occurrence.why,
    'missed', p_occurrence.missed, 'run', p_occurrence.run_id, 'outcome', p_occurrence.outcome)
$$;
comment on function patchbay.trigger_occurrence_row(patchbay.trigger_occurrences) is 'an occurrence as the app reads it';

create function patchbay.trigger_summary(p_trigger patchbay.triggers) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select trigger_row(p_trigger) || jsonb_build_object('runs', p_trigger.runs,
    'cost_usd', p_trigger.cost_usd + (select coalesce(sum(r.cost_usd), 0) from trigger_occurrences o join runs r on r.id = o.run_id
      where o.trigger_id = p_trigger.id and o.state = 'started'),
    'last', (select trigger_occurrence_row(o) from trigger_occurrences o where o.trigger_id = p_trigger.id order by o.due_at desc limit 1))
$$;
comment on function patchbay.trigger_summary(patchbay.triggers) is 'a trigger with the number and cost of its runs, those at work included, and its newest occurrence';

create function patchbay.triggers_of(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(trigger_summary(t) order by lower(t.title), t.created_at), '[]')
  from triggers t where t.workspace_id = p_workspace and t.user_id = p_user
$$;
comment on function patchbay.triggers_of(text, text) is 'a person''s triggers';

create function patchbay.triggers_in(p_workspace text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(trigger_summary(t) order by t.user_id, lower(t.title), t.created_at), '[]')
  from triggers t where t.workspace_id = p_workspace
$$;
comment on function patchbay.triggers_in(text) is 'all that starts by itself in a workspace, for its owners';

create function patchbay.trigger_get(p_workspace text, p_id uuid) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select trigger_summary(t) from triggers t where t.id = p_id and t.workspace_id = p_workspace
$$;
comment on function patchbay.trigger_get(text, uuid) is 'a trigger of a workspace; null where there is none';

create function patchbay.trigger_occurrences_of(p_workspace text, p_id uuid, p_limit integer) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(trigger_occurrence_row(o) order by o.due_at desc), '[]') from (
    select o.* from trigger_occurrences o where o.trigger_id = p_id and o.workspace_id = p_workspace order by o.due_at desc limit p_limit) o
$$;
comment on function patchbay.trigger_occurrences_of(text, uuid, integer) is 'the newest occurrences of a trigger';

create function patchbay.trigger_save(
  p_workspace text, p_user text, p_id uuid, p_base integer, p_trigger jsonb, p_next timestamptz, p_limit integer
) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row triggers;
begin
  -- One at a time for a person, so that the limit holds.
  perform pg_advisory_xact_lock(hashtextextended('patchbay triggers ' || p_workspace || p_user, 0));
  select * into row from triggers where id = p_id for update;
  if found and (row.workspace_id <> p_workspace or row.user_id <> p_user) or not found and p_base is not null then
    raise exception 'This is not yours to edit, or it was deleted meanwhile.' using errcode = 'PT404';
  end if;
  if row.id is null then
    if (select count(*) from triggers where workspace_id = p_workspace and user_id = p_user) >= p_limit then
      raise exception 'You have % scheduled tasks and triggers, and more are not kept. Delete one that you do not need.', p_limit
        using errcode = 'PT429';
    end if;
    insert into triggers (id, workspace_id, user_id, kind, title, spec, workflow_id, starts, place, next_at)
    values (p_id, p_workspace, p_user, p_trigger ->> 'kind', p_trigger ->> 'title', p_trigger -> 'spec', p_trigger ->> 'workflow',
      p_trigger -> 'starts', p_trigger -> 'place', p_next)
    returning * into row;
  elsif row.kind = p_trigger ->> 'kind' and row.title = p_trigger ->> 'title' and row.spec = p_trigger -> 'spec'
    and row.workflow_id is not distinct from p_trigger ->> 'workflow' and row.starts = p_trigger -> 'starts' and row.place = p_trigger -> 'place' then
    -- The same form may be sent twice.
    return trigger_row(row);
  elsif row.version <> coalesce(p_base, 0) then
    raise exception 'This was changed meanwhile, in another window. Copy your words, open it anew and edit that.' using errcode = 'PT409';
  else
    update triggers set kind = p_trigger ->> 'kind', title = p_trigger ->> 'title', spec = p_trigger -> 'spec',
      workflow_id = p_trigger ->> 'workflow', starts = p_trigger -> 'starts', place = p_trigger -> 'place', version = row.version + 1,
      failures = 0, next_at = case when enabled then p_next end, changed_at = clock_timestamp()
    where id = p_id returning * into row;
  end if;
  perform audit_append(p_workspace, p_user, 'trigger_saved', jsonb_build_object('trigger', p_id, 'kind', row.kind, 'version', row.version));
  return trigger_row(row);
end $$;
comment on function patchbay.trigger_save(text, text, uuid, integer, jsonb, timestamptz, integer) is
  'makes a trigger (p_base null) or changes one; p_base is the version that was edited, p_next the next occurrence of a schedule';

create function patchbay.trigger_pause(p_workspace text, p_by text, p_id uuid, p_why text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row triggers;
begin
  update triggers set enabled = false, next_at = null, paused_why = p_why, paused_by = p_by
  where id = p_id and workspace_id = p_workspace and enabled returning * into row;
  if not found then
    select * into row from triggers where id = p_id and workspace_id = p_workspace;
    return case when found then trigger_row(row) end;
  end if;
  perform audit_append(p_workspace, p_by, 'trigger_paused', jsonb_build_object('trigger', p_id, 'owner', row.user_id));
  return trigger_row(row);
end $$;
comment on function patchbay.trigger_pause(text, text, uuid, text) is 'pauses a trigger of anybody; the caller checks who may. Null where there is none';

create function patchbay.trigger_resume(p_workspace text, p_user text, p_id uuid, p_next timestamptz) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row triggers;
begin
  select * into row from triggers where id = p_id and workspace_id = p_workspace and user_id = p_user for update;
  if not found or row.enabled then return case when found then trigger_row(row) end; end if;
  update triggers set enabled = true, next_at = p_next, paused_why = null, paused_by = null, failures = 0
  where id = p_id returning * into row;
  perform audit_append(p_workspace, p_user, 'trigger_resumed', jsonb_build_object('trigger', p_id));
  return trigger_row(row);
end $$;
comment on function patchbay.trigger_resume(text, text, uuid, timestamptz) is 'lets a paused trigger of one''s own go on, with no failures counted. Null where there is none';

create function patchbay.trigger_delete(p_workspace text, p_by text, p_id uuid) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row triggers;
begin
  delete from triggers where id = p_id and workspace_id = p_workspace returning * into row;
  if not found then return 'false'; end if;
  delete from trigger_occurrences where trigger_id = p_id;
  delete from trigger_news where trigger_id = p_id;
  perform audit_append(p_workspace, p_by, 'trigger_deleted', jsonb_build_object('trigger', p_id, 'owner', row.user_id));
  return 'true';
end $$;
comment on function patchbay.trigger_delete(text, text, uuid) is 'deletes a trigger of anybody; the caller checks who may. Its runs stay';

create function patchbay.trigger_is_running(p_id uuid) returns boolean
language sql stable set search_path = patchbay, pg_temp as $$
  select exists (select from trigger_occurrences o left join runs r on r.id = o.run_id
    where o.trigger_id = p_id and (o.state = 'taken' or o.state = 'started' and r.status <> 'closed'))
$$;
comment on function patchbay.trigger_is_running(uuid) is 'whether what a trigger started is still at work, waits for somebody or is about to start';

create function patchbay.trigger_pause_itself(p_id uuid, p_why text) returns void
language plpgsql set search_path = patchbay, pg_temp as $$
declare row triggers;
begin
  update triggers set enabled = false, next_at = null, paused_why = p_why, paused_by = null
  where id = p_id and enabled returning * into row;
  if not found then return; end if;
  insert into trigger_news (trigger_id, body) values (p_id, jsonb_build_object('kind', 'paused', 'why', p_why));
  perform audit_append(row.workspace_id, 'patchbay', 'trigger_paused', jsonb_build_object('trigger', p_id, 'owner', row.user_id));
end $$;
comment on function patchbay.trigger_pause_itself(uuid, text) is 'pauses a trigger for a reason of its own, of which its owner is told; the caller holds its row';

create function patchbay.triggers_pause_of(p_workspace text, p_user text, p_why text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  one uuid;
  paused integer := 0;
begin
  -- All before the first is paused, which locks the audit chain.
  perform from triggers where workspace_id = p_workspace and user_id = p_user order by id for update;
  for one in select id from triggers where workspace_id = p_workspace and user_id = p_user and enabled order by id loop
    perform trigger_pause_itself(one, p_why);
    paused := paused + 1;
  end loop;
  return to_jsonb(paused);
end $$;
comment on function patchbay.triggers_pause_of(text, text, text) is 'pauses all triggers of a person who cannot be acted for any more; how many';

create function patchbay.trigger_take(
  p_id uuid, p_due timestamptz, p_next timestamptz, p_occurrence jsonb, p_now timestamptz, p_lease_ms integer
) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row triggers;
  taken trigger_occurrences;
  skipped text := p_occurrence ->> 'why';
begin
  select * into row from triggers where id = p_id for update skip locked;
  if not found or not row.enabled or row.next_at is distinct from p_due then return null; end if;
  update triggers set next_at = p_next where id = p_id returning * into row;
  if skipped is null and trigger_is_running(p_id) then skipped := 'running'; end if;
  insert into trigger_occurrences (trigger_id, key, workspace_id, due_at, state, why, missed, taken_until)
  values (p_id, p_occurrence ->> 'key', row.workspace_id, (p_occurrence ->> 'due_at')::timestamptz,
    case when skipped is null then 'taken' else 'skipped' end, skipped, (p_occurrence ->> 'missed')::integer,
    case when skipped is null then p_now + p_lease_ms * interval '1 ms' end)
  on conflict do nothing returning * into taken;
  if not found then return null; end if;
  if skipped is not null then
    insert into trigger_news (trigger_id, body)
    values (p_id, jsonb_build_object('kind', 'skipped', 'occurrence', trigger_occurrence_row(taken)));
  end if;
  delete from trigger_occurrences where trigger_id = p_id and state in ('ended', 'skipped') and due_at < (
    select o.due_at from trigger_occurrences o where o.trigger_id = p_id order by o.due_at desc offset 199 limit 1);
  return jsonb_build_object('trigger', trigger_row(row), 'occurrence', trigger_occurrence_row(taken));
end $$;
comment on function patchbay.trigger_take(uuid, timestamptz, timestamptz, jsonb, timestamptz, integer) is
  'takes the due occurrence of a schedule and sets the next one, as the caller computed both; null where somebody else was first. A reason in it, or a run still at work, skips it';

create function patchbay.trigger_fire(p_workspace text, p_id uuid, p_key text, p_now timestamptz, p_lease_ms integer, p_manual boolean) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row triggers;
  taken trigger_occurrences;
begin
  select * into row from triggers where id = p_id and workspace_id = p_workspace for update;
  if not found or not (row.enabled or p_manual) then return '{"kind": "off"}'; end if;
  if exists (select from trigger_occurrences where trigger_id = p_id and key = p_key) then return '{"kind": "again"}'; end if;
  if trigger_is_running(p_id) and (p_manual or row.kind = 'schedule') then return '{"kind": "running"}'; end if;
  insert into trigger_occurrences (trigger_id, key, workspace_id, due_at, state, taken_until)
  values (p_id, p_key, row.workspace_id, p_now, 'taken', p_now + p_lease_ms * interval '1 ms') returning * into taken;
  return jsonb_build_object('kind', 'taken', 'trigger', trigger_row(row), 'occurrence', trigger_occurrence_row(taken));
end $$;
comment on function patchbay.trigger_fire(text, uuid, text, timestamptz, integer, boolean) is
  'takes an occurrence that somebody (p_manual, also while it is paused) or an event asks for, once for each key';

create function patchbay.triggers_poll(p_now timestamptz, p_lease_ms integer, p_limit integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  due jsonb;
  left_over jsonb;
  ended jsonb;
  news jsonb;
begin
  select coalesce(jsonb_agg(trigger_row(t) order by t.next_at), '[]') into due from (
    select * from triggers where enabled and kind = 'schedule' and next_at <= p_now order by next_at limit p_limit) t;
  -- Taken and not started: whoever took it is gone.
  with open as (
    select trigger_id, key from trigger_occurrences where state = 'taken' and taken_until <= p_now
    order by taken_until limit p_limit for update skip locked
  ), taken as (
    update trigger_occurrences o set taken_until = p_now + p_lease_ms * interval '1 ms', attempts = attempts + 1
    from open where o.trigger_id = open.trigger_id and o.key = open.key returning o.*
  )
  select coalesce(jsonb_agg(jsonb_build_object('trigger', trigger_row(t), 'occurrence', trigger_occurrence_row(o))), '[]') into left_over
  from taken o join triggers t on t.id = o.trigger_id;
  select coalesce(jsonb_agg(jsonb_build_object('run', e.run_id, 'outcome', coalesce(e.outcome, 'unknown'))), '[]') into ended from (
    select o.run_id, r.outcome from trigger_occurrences o left join runs r on r.id = o.run_id
    where o.state = 'started' and (r.id is null or r.status = 'closed') limit p_limit) e;
  with open as (
    select id from trigger_news where coalesce(taken_until, p_now) <= p_now order by id limit p_limit for update skip locked
  ), taken as (
    update trigger_news n set taken_until = p_now + p_lease_ms * interval '1 ms' from open where n.id = open.id returning n.*
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', n.id, 'trigger', trigger_row(t)) || n.body order by n.id), '[]') into news
  from taken n join triggers t on t.id = n.trigger_id;
  return jsonb_build_object('due', due, 'left_over', left_over, 'ended', ended, 'news', news);
end $$;
comment on function patchbay.triggers_poll(timestamptz, integer, integer) is
  'what is to be done: schedules that are due, occurrences that were taken and not started, runs that ended, and what is to be told; the second and the last are the caller''s for the lease';

create function patchbay.trigger_started(p_id uuid, p_key text, p_run uuid) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  perform from triggers where id = p_id for update;
  update trigger_occurrences set state = 'started', run_id = p_run, taken_until = null where trigger_id = p_id and key = p_key and state = 'taken';
  if not found then return 'false'; end if;
  update triggers set runs = runs + 1 where id = p_id;
  return 'true';
end $$;
comment on function patchbay.trigger_started(uuid, text, uuid) is 'notes the run of an occurrence; false where that was noted before';

create function patchbay.trigger_refused(p_id uuid, p_key text, p_why text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  perform from triggers where id = p_id for update;
  update trigger_occurrences set state = 'skipped', why = 'refused', taken_until = null where trigger_id = p_id and key = p_key and state = 'taken';
  if not found then return 'false'; end if;
  perform trigger_pause_itself(p_id, p_why);
  return 'true';
end $$;
comment on function patchbay.trigger_refused(uuid, text, text) is 'skips an occurrence that nobody can be acted for, and pauses its trigger with the reason';

create function patchbay.trigger_count_outcome(p_id uuid, p_outcome text, p_most_failures integer, p_why text) returns void
language plpgsql set search_path = patchbay, pg_temp as $$
declare row triggers;
begin
  -- What a person stopped says nothing of the trigger.
  update triggers set failures = case p_outcome when 'finished' then 0 when 'failed' then failures + 1 else failures end
  where id = p_id returning * into row;
  if row.failures >= p_most_failures and p_outcome = 'failed' then perform trigger_pause_itself(p_id, p_why); end if;
end $$;
comment on function patchbay.trigger_count_outcome(uuid, text, integer, text) is 'counts failures in a row, and pauses a trigger that has too many; the caller holds its row';

create function patchbay.trigger_not_started(
  p_id uuid, p_key text, p_most_attempts integer, p_most_failures integer, p_why text
) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare gone trigger_occurrences;
begin
  perform from triggers where id = p_id for update;
  update trigger_occurrences set state = 'skipped', why = 'not_started', taken_until = null
  where trigger_id = p_id and key = p_key and state = 'taken' and attempts >= p_most_attempts returning * into gone;
  if not found then return 'false'; end if;
  insert into trigger_news (trigger_id, body) values (p_id, jsonb_build_object('kind', 'skipped', 'occurrence', trigger_occurrence_row(gone)));
  perform trigger_count_outcome(p_id, 'failed', p_most_failures, p_why);
  return 'true';
end $$;
comment on function patchbay.trigger_not_started(uuid, text, integer, integer, text) is 'gives up an occurrence that could not be started so many times, which counts as a failure; else it is tried again when its lease is over';

create function patchbay.trigger_skip_late(p_id uuid, p_key text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare gone trigger_occurrences;
begin
  perform from triggers where id = p_id for update;
  update trigger_occurrences set state = 'skipped', why = 'late', taken_until = null
  where trigger_id = p_id and key = p_key and state = 'taken' returning * into gone;
  if not found then return 'false'; end if;
  insert into trigger_news (trigger_id, body) values (p_id, jsonb_build_object('kind', 'skipped', 'occurrence', trigger_occurrence_row(gone)));
  return 'true';
end $$;
comment on function patchbay.trigger_skip_late(uuid, text) is 'skips an occurrence that was taken, never started and is too old by now';

create function patchbay.trigger_run_ended(p_run uuid, p_outcome text, p_now timestamptz, p_most_failures integer, p_why text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  trigger_of uuid;
  gone trigger_occurrences;
begin
  select trigger_id into trigger_of from trigger_occurrences where run_id = p_run and state = 'started';
  if not found then return 'false'; end if;
  perform from triggers where id = trigger_of for update;
  update trigger_occurrences set state = 'ended', outcome = p_outcome, ended_at = p_now
  where trigger_id = trigger_of and run_id = p_run and state = 'started' returning * into gone;
  if not found then return 'false'; end if;
  update triggers set cost_usd = cost_usd + coalesce((select cost_usd from runs where id = p_run), 0) where id = trigger_of;
  perform trigger_count_outcome(trigger_of, p_outcome, p_most_failures, p_why);
  return 'true';
end $$;
comment on function patchbay.trigger_run_ended(uuid, text, timestamptz, integer, text) is 'notes once how a run of a trigger ended; false where it is no trigger''s, or was noted before';

create function patchbay.trigger_news_told(p_id bigint) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  delete from trigger_news where id = p_id;
  return null;
end $$;
comment on function patchbay.trigger_news_told(bigint) is 'forgets what a trigger''s owner was told';

create function patchbay.trigger_unsuccessful_since(p_trigger patchbay.triggers, p_before timestamptz) returns timestamptz
language sql stable set search_path = patchbay, pg_temp as $$
  select case
    when not p_trigger.enabled or p_trigger.kind <> 'schedule' then null
    when p_trigger.next_at <= p_before then p_trigger.next_at
    else (select max(o.due_at) from trigger_occurrences o where o.trigger_id = p_trigger.id and o.due_at <= p_before
      and not exists (select from trigger_occurrences later where later.trigger_id = o.trigger_id and later.due_at >= o.due_at
        and later.outcome = 'finished')) end
$$;
comment on function patchbay.trigger_unsuccessful_since(patchbay.triggers, timestamptz) is
  'the newest occurrence before p_before after which a schedule did not succeed; null: all is well';

create function patchbay.triggers_without_success(p_workspace text, p_before timestamptz) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(trigger_summary(t) || jsonb_build_object('since', trigger_unsuccessful_since(t, p_before)) order by lower(t.title)), '[]')
  from triggers t where t.workspace_id = p_workspace and trigger_unsuccessful_since(t, p_before) is not null
$$;
comment on function patchbay.triggers_without_success(text, timestamptz) is 'schedules that should have succeeded and did not, whatever the reason';

create function patchbay.triggers_report_unsuccessful(p_before timestamptz, p_limit integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  one record;
  told integer := 0;
begin
  for one in
    select t.id, o.key, o.due_at from triggers t join lateral (
      select * from trigger_occurrences where trigger_id = t.id and due_at <= p_before order by due_at desc limit 1) o on true
    -- Of what was skipped or failed it was said already.
    where t.enabled and t.kind = 'schedule' and (o.state in ('taken', 'started') or o.state = 'ended' and o.outcome = 'unknown')
      and o.due_at > coalesce(t.reported_at, '-infinity') and trigger_unsuccessful_since(t, p_before) is not null
    order by t.id limit p_limit for update of t skip locked
  loop
    update triggers set reported_at = one.due_at where id = one.id;
    insert into trigger_news (trigger_id, body)
    select one.id, jsonb_build_object('kind', 'no_success', 'occurrence', trigger_occurrence_row(o))
    from trigger_occurrences o where o.trigger_id = one.id and o.key = one.key;
    told := told + 1;
  end loop;
  return to_jsonb(told);
end $$;
comment on function patchbay.triggers_report_unsuccessful(timestamptz, integer) is
  'writes news, once for each, of schedules whose newest occurrence before p_before neither succeeded nor was said to have failed; how many';

create function patchbay.triggers_forget_person() returns trigger
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  delete from trigger_occurrences o using triggers t where t.id = o.trigger_id and t.workspace_id = old.workspace_id and t.user_id = old.user_id;
  delete from trigger_news n using triggers t where t.id = n.trigger_id and t.workspace_id = old.workspace_id and t.user_id = old.user_id;
  delete from triggers where workspace_id = old.workspace_id and user_id = old.user_id;
  update triggers set paused_by = 'UFORGOTTEN' where workspace_id = old.workspace_id and paused_by = old.user_id;
  return null;
end $$;
comment on function patchbay.triggers_forget_person() is 'a person who is forgotten leaves no triggers';
create trigger audit_people_forget_triggers after delete on patchbay.audit_people for each row execute function patchbay.triggers_forget_person();

insert into patchbay.schema_versions (version, breaking) values ('20261130000048', false);
select patchbay.restrict_access();
