create table patchbay.workspaces (
  workspace_id text primary key,
  settings jsonb not null default '{}',
  created_at timestamptz not null default now()
);
comment on table patchbay.workspaces is 'one row per Slack workspace; settings: approvers, approvals_channel, cards, budget_usd, run_retention_days, audit_retention_days';
alter table patchbay.workspaces enable row level security;

create table patchbay.audit_events (
  id bigint generated always as identity primary key,
  workspace_id text not null,
  actor text not null,
  action text not null,
  details jsonb not null default '{}',
  at timestamptz not null default clock_timestamp(),
  previous_hash text not null,
  hash text not null
);
comment on table patchbay.audit_events is 'append-only; each row carries the hash of the one before in its workspace';
create index audit_events_workspace on patchbay.audit_events (workspace_id, id desc);
alter table patchbay.audit_events enable row level security;

create table patchbay.audit_anchors (
  workspace_id text primary key,
  last_id bigint not null,
  hash text not null,
  pruned_at timestamptz not null default clock_timestamp()
);
comment on table patchbay.audit_anchors is 'the newest audit row pruned in a workspace; the chain is checked from its hash on';
alter table patchbay.audit_anchors enable row level security;

create function patchbay.settings_of(p_workspace text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select '{"run_retention_days": 365, "audit_retention_days": 730}'
    || coalesce((select settings from workspaces where workspace_id = p_workspace), '{}')
$$;
comment on function patchbay.settings_of(text) is 'what a workspace decided, and the retention where it decided none';

create function patchbay.run_retention(p_workspace text) returns interval
language sql stable set search_path = patchbay, pg_temp as $$
  select make_interval(days => (settings_of(p_workspace) ->> 'run_retention_days')::integer)
$$;
comment on function patchbay.run_retention(text) is 'how long a workspace keeps closed runs and their tool usage';

create function patchbay.audit_retention(p_workspace text) returns interval
language sql stable set search_path = patchbay, pg_temp as $$
  select make_interval(days => (settings_of(p_workspace) ->> 'audit_retention_days')::integer)
$$;
comment on function patchbay.audit_retention(text) is 'how long a workspace keeps its audit';

create function patchbay.audit_refuse_change() returns trigger language plpgsql set search_path = patchbay, pg_temp as $$
begin
  if tg_op = 'DELETE' then
    if old.at < clock_timestamp() - audit_retention(old.workspace_id) then return old; end if;
  end if;
  raise exception 'audit_events is append-only' using errcode = 'PT403';
end $$;
comment on function patchbay.audit_refuse_change() is 'keeps the audit append-only; a row may be deleted only when its retention is over';
create trigger audit_append_only before update or truncate on patchbay.audit_events
  for each statement execute function patchbay.audit_refuse_change();
create trigger audit_retained before delete on patchbay.audit_events
  for each row execute function patchbay.audit_refuse_change();

create function patchbay.audit_hash(p_previous text, p_event patchbay.audit_events) returns text
language sql stable set search_path = patchbay, pg_temp as $$
  select encode(sha256(convert_to(concat_ws('|', p_previous, p_event.workspace_id, p_event.actor, p_event.action, p_event.details::text,
    to_char(p_event.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US')), 'utf8')), 'hex')
$$;
comment on function patchbay.audit_hash(text, patchbay.audit_events) is 'the hash an audit row must have after the given one';

-- Two appends must never name the same predecessor. This lock is the last that any transaction takes.
create function patchbay.audit_lock(p_workspace text) returns void
language sql set search_path = patchbay, pg_temp as $$
  select pg_advisory_xact_lock(hashtextextended('patchbay audit ' || p_workspace, 0))
$$;
comment on function patchbay.audit_lock(text) is 'lets one transaction at a time change a workspace''s audit chain';

create function patchbay.audit_append(p_workspace text, p_actor text, p_action text, p_details jsonb) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row audit_events;
begin
  insert into workspaces (workspace_id) values (p_workspace) on conflict do nothing;
  perform audit_lock(p_workspace);
  row.workspace_id := p_workspace;
  row.actor := p_actor;
  row.action := p_action;
  row.details := p_details;
  row.at := clock_timestamp();
  row.previous_hash := coalesce(
    (select hash from audit_events where workspace_id = p_workspace order by id desc limit 1),
    (select hash from audit_anchors where workspace_id = p_workspace),
    '');
  insert into audit_events (workspace_id, actor, action, details, at, previous_hash, hash)
  values (row.workspace_id, row.actor, row.action, row.details, row.at, row.previous_hash, audit_hash(row.previous_hash, row));
  return null;
end $$;
comment on function patchbay.audit_append(text, text, text, jsonb) is 'appends one row to the workspace''s audit chain';

-- The chain is checked part by part: `p_after` is the last row known to be good, and the answer's `last` is where the next part begins.
create function patchbay.audit_check(p_workspace text, p_after bigint, p_most integer) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  with part as (
    select e as event from audit_events e where e.workspace_id = p_workspace and e.id > p_after order by e.id limit p_most
  ),
  chain as (
    select event, coalesce(lag((event).hash) over (order by (event).id),
      (select e.hash from audit_events e where e.workspace_id = p_workspace and e.id <= p_after order by e.id desc limit 1),
      (select a.hash from audit_anchors a where a.workspace_id = p_workspace), '') as expected
    from part
  )
  select jsonb_build_object('last', (select max((event).id) from chain), 'broken', (
    select min((event).id) from chain where (event).previous_hash <> expected or (event).hash <> audit_hash(expected, event)))
$$;
comment on function patchbay.audit_check(text, bigint, integer) is 'the first row of a part of the audit whose hash does not follow from the one before; last is null at the end of the chain';

create function patchbay.audit_workspaces() returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(workspace_id order by workspace_id), '[]') from workspaces
$$;
comment on function patchbay.audit_workspaces() is 'workspaces that may have an audit';

-- Workspaces are looked at by their oldest row, so that a call in which nothing is due costs one index read for each.
create function patchbay.audit_prune(p_limit integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  target text;
  pruned integer := 0;
begin
  select w.workspace_id into target from workspaces w
  where (select e.at from audit_events e where e.workspace_id = w.workspace_id order by e.id limit 1)
    < clock_timestamp() - audit_retention(w.workspace_id)
  limit 1;
  if not found then return to_jsonb(0); end if;
  perform audit_lock(target);
  with due as (
    select id, hash from (select * from audit_events where workspace_id = target order by id limit p_limit) oldest
    where at < clock_timestamp() - audit_retention(target)
  ),
  anchor as (
    insert into audit_anchors (workspace_id, last_id, hash) select target, id, hash from due order by id desc limit 1
    on conflict (workspace_id) do update set last_id = excluded.last_id, hash = excluded.hash, pruned_at = excluded.pruned_at
  ),
  gone as (delete from audit_events e using due where e.id = due.id returning e.id)
  select count(*) into pruned from gone;
  return to_jsonb(pruned);
end $$;
comment on function patchbay.audit_prune(integer) is 'deletes the oldest audit rows of one workspace that are past its retention; how many';

create function patchbay.approvers_of(p_workspace text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce((select settings -> 'approvers' from workspaces where workspace_id = p_workspace), '[]')
$$;
comment on function patchbay.approvers_of(text) is 'who decides destructive calls';

create function patchbay.approvers_set(p_workspace text, p_user text, p_approvers jsonb) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  insert into workspaces (workspace_id, settings) values (p_workspace, jsonb_build_object('approvers', p_approvers))
  on conflict (workspace_id) do update set settings = workspaces.settings || excluded.settings;
  perform audit_append(p_workspace, p_user, 'approvers_set', jsonb_build_object('approvers', p_approvers));
  return null;
end $$;
comment on function patchbay.approvers_set(text, text, jsonb) is 'names the workspace''s approvers';

create function patchbay.settings_change(p_workspace text, p_user text, p_change jsonb) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  if not (coalesce((p_change ->> 'run_retention_days')::integer, 1) between 1 and 3650) then
    raise exception 'Runs can be kept for 1 to 3,650 days.' using errcode = 'PT400';
  end if;
  if not (coalesce((p_change ->> 'audit_retention_days')::integer, 30) between 30 and 3650) then
    raise exception 'The audit can be kept for 30 to 3,650 days.' using errcode = 'PT400';
  end if;
  insert into workspaces (workspace_id, settings) values (p_workspace, jsonb_strip_nulls(p_change))
  on conflict (workspace_id) do update set settings = jsonb_strip_nulls(workspaces.settings || p_change);
  perform audit_append(p_workspace, p_user, 'settings_changed', p_change);
  return settings_of(p_workspace);
end $$;
comment on function patchbay.settings_change(text, text, jsonb) is 'changes a workspace''s settings; a null takes a setting away';

create table patchbay.installations (
  workspace_id text primary key,
  name text not null,
  enterprise boolean not null,
  bot_id text not null,
  bot_user_id text not null,
  installed_by text not null,
  credential_reference text not null,
  installed_at timestamptz not null default clock_timestamp()
);
comment on table patchbay.installations is 'workspaces and, where enterprise is set, whole organizations that installed the app; the credential store keeps the token under credential_reference';
alter table patchbay.installations enable row level security;

create function patchbay.installation_of(p_workspace text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select to_jsonb(i) from installations i where i.workspace_id = p_workspace
$$;
comment on function patchbay.installation_of(text) is 'the app''s installation in a workspace or organization';

create function patchbay.installation_save(
  p_workspace text, p_name text, p_enterprise boolean, p_bot text, p_bot_user text, p_by text, p_credential text
) returns jsonb language plpgsql set search_path = patchbay, pg_temp as $$
declare former text;
begin
  -- When two people install at once, the later row stays and each former credential is returned once.
  perform pg_advisory_xact_lock(hashtextextended('patchbay installation ' || p_workspace, 0));
  select credential_reference into former from installations where workspace_id = p_workspace;
  insert into installations (workspace_id, name, enterprise, bot_id, bot_user_id, installed_by, credential_reference)
  values (p_workspace, p_name, p_enterprise, p_bot, p_bot_user, p_by, p_credential)
  on conflict (workspace_id) do update set name = excluded.name, enterprise = excluded.enterprise, bot_id = excluded.bot_id,
    bot_user_id = excluded.bot_user_id, installed_by = excluded.installed_by,
    credential_reference = excluded.credential_reference, installed_at = excluded.installed_at;
  perform audit_append(p_workspace, p_by, 'app_installed', jsonb_build_object('name', p_name, 'enterprise', p_enterprise));
  return to_jsonb(former);
end $$;
comment on function patchbay.installation_save(text, text, boolean, text, text, text, text) is 'saves an installation; returns the reference of the credential it replaces';

create function patchbay.installation_remove(p_workspace text, p_credential text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  delete from installations where workspace_id = p_workspace and credential_reference = p_credential;
  if not found then return 'false'::jsonb; end if;
  perform audit_append(p_workspace, 'slack', 'app_uninstalled', '{}');
  return 'true'::jsonb;
end $$;
comment on function patchbay.installation_remove(text, text) is 'removes an installation that still has this credential; false when it is gone or was installed again since';

insert into patchbay.schema_versions (version, breaking) values ('20261128000002', false);
select patchbay.restrict_access();
