-- Everything of Patchbay's is in this schema, so that nothing collides with what else is in the database.
create schema patchbay;
comment on schema patchbay is 'Patchbay, a Slack app; only the service role may use it';

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

-- Each migration ends by calling this.
create function patchbay.restrict_access() returns void language plpgsql set search_path = patchbay, pg_temp as $$
begin
  revoke all on schema patchbay from public, anon, authenticated;
  revoke all on all tables in schema patchbay from public, anon, authenticated;
  revoke all on all sequences in schema patchbay from public, anon, authenticated;
  revoke all on all functions in schema patchbay from public, anon, authenticated;
  grant usage on schema patchbay to service_role;
  grant all on all tables in schema patchbay to service_role;
  grant all on all sequences in schema patchbay to service_role;
  grant execute on all functions in schema patchbay to service_role;
end $$;
comment on function patchbay.restrict_access() is 'closes all tables and functions to everybody but the service role';

create table patchbay.schema_versions (
  version text primary key,
  breaking boolean not null,
  applied_at timestamptz not null default now()
);
comment on table patchbay.schema_versions is 'the migrations applied; each inserts its own row, and a breaking one stops instances that are older than it';
alter table patchbay.schema_versions enable row level security;

create function patchbay.schema_version() returns jsonb language sql stable set search_path = patchbay, pg_temp as $$
  select jsonb_build_object('version', max(version), 'breaking', max(version) filter (where breaking)) from schema_versions
$$;
comment on function patchbay.schema_version() is 'the newest migration applied, and the newest that older instances cannot work with';

insert into patchbay.schema_versions (version, breaking) values ('20261128000001', false);
select patchbay.restrict_access();
