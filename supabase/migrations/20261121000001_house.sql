-- Roles as Supabase has them, so that the same files serve a plain Postgres.
do $$
declare role_name text;
begin
  foreach role_name in array array['anon', 'authenticated', 'service_role'] loop
    if not exists (select from pg_roles where rolname = role_name) then
      execute format('create role %I nologin', role_name);
    end if;
  end loop;
end $$;

-- Every function of ours is closed to all but the service role; each migration ends by calling this.
-- A function is ours when its comment says so, which keeps other apps' functions in this schema out of it.
create function patchbay_seal() returns void language plpgsql set search_path = public, pg_temp as $$
declare target record;
begin
  for target in
    select p.oid::regprocedure as signature from pg_proc p
    join pg_description d on d.objoid = p.oid and d.classoid = 'pg_proc'::regclass
    where p.pronamespace = 'public'::regnamespace and d.description like 'patchbay:%'
  loop
    execute format('revoke all on function %s from public, anon, authenticated', target.signature);
    execute format('grant execute on function %s to service_role', target.signature);
  end loop;
  for target in
    select c.oid::regclass as name from pg_class c
    join pg_description d on d.objoid = c.oid and d.classoid = 'pg_class'::regclass and d.objsubid = 0
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'S') and d.description like 'patchbay:%'
  loop
    execute format('revoke all on %s from public, anon, authenticated', target.name);
    execute format('grant all on %s to service_role', target.name);
  end loop;
end $$;
comment on function patchbay_seal() is 'patchbay: closes all of its tables and functions to everybody but the service role';

create table workspaces (
  workspace_id text primary key,
  settings jsonb not null default '{}',
  created_at timestamptz not null default now()
);
comment on table workspaces is 'patchbay: one row per Slack workspace; settings.approvers lists who decides destructive calls';

create table audit_events (
  id bigint generated always as identity primary key,
  workspace_id text not null,
  actor text not null,
  action text not null,
  details jsonb not null default '{}',
  at timestamptz not null default clock_timestamp(),
  previous_hash text not null,
  hash text not null
);
comment on table audit_events is 'patchbay: append-only; each row carries the hash of the one before in its workspace';
create index audit_events_workspace on audit_events (workspace_id, id desc);

create function audit_refuse_change() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  raise exception 'audit_events is append-only' using errcode = 'PT403';
end $$;
comment on function audit_refuse_change() is 'patchbay: keeps the audit append-only';
create trigger audit_append_only before update or delete or truncate on audit_events
  for each statement execute function audit_refuse_change();

create function audit(p_workspace text, p_actor text, p_action text, p_details jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  last_hash text;
  moment timestamptz;
begin
  -- One writer per chain: two rows must never name the same predecessor.
  perform pg_advisory_xact_lock(hashtextextended('patchbay audit ' || p_workspace, 0));
  select hash into last_hash from audit_events where workspace_id = p_workspace order by id desc limit 1;
  last_hash := coalesce(last_hash, '');
  moment := clock_timestamp();
  insert into audit_events (workspace_id, actor, action, details, at, previous_hash, hash)
  values (p_workspace, p_actor, p_action, p_details, moment, last_hash,
    encode(sha256(convert_to(concat_ws('|', last_hash, p_workspace, p_actor, p_action, p_details::text,
      to_char(moment at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US')), 'utf8')), 'hex'));
  return null;
end $$;
comment on function audit(text, text, text, jsonb) is 'patchbay: appends one row to the workspace''s audit chain';

-- The id of the first row whose hash does not follow from the one before, or null.
create function audit_broken(p_workspace text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  with chain as (
    select *, coalesce(lag(hash) over (order by id), '') as expected from audit_events where workspace_id = p_workspace
  )
  select to_jsonb(min(id)) from chain
  where previous_hash <> expected or hash <> encode(sha256(convert_to(concat_ws('|', expected, workspace_id, actor, action,
    details::text, to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US')), 'utf8')), 'hex')
$$;
comment on function audit_broken(text) is 'patchbay: where the audit chain does not hold';

alter table workspaces enable row level security;
alter table audit_events enable row level security;

create function schema_version() returns jsonb language sql immutable set search_path = public, pg_temp as
  $$ select '"20261121000001"'::jsonb $$;
comment on function schema_version() is 'patchbay: the newest migration applied';

select patchbay_seal();
