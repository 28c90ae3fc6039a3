create table installations (
  workspace_id text primary key,
  name text not null,
  enterprise boolean not null,
  bot_id text not null,
  bot_user_id text not null,
  installed_by text not null,
  credential_reference text not null,
  installed_at timestamptz not null default clock_timestamp()
);
comment on table installations is 'patchbay: workspaces and, where enterprise is set, whole organizations that installed the app; the token lies elsewhere, under credential_reference';
alter table installations enable row level security;

create function installation_of(p_workspace text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select to_jsonb(i) from installations i where i.workspace_id = p_workspace
$$;
comment on function installation_of(text) is 'patchbay: the app''s installation in a workspace or organization';

-- Installed anew, the row is replaced; the answer names the credential that nobody needs any more.
create function installation_save(
  p_workspace text, p_name text, p_enterprise boolean, p_bot text, p_bot_user text, p_by text, p_credential text
) returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare former text;
begin
  -- Two people who install at once: the later one's row counts, and each former credential is named once.
  perform pg_advisory_xact_lock(hashtextextended('patchbay installation ' || p_workspace, 0));
  select credential_reference into former from installations where workspace_id = p_workspace;
  insert into installations (workspace_id, name, enterprise, bot_id, bot_user_id, installed_by, credential_reference)
  values (p_workspace, p_name, p_enterprise, p_bot, p_bot_user, p_by, p_credential)
  on conflict (workspace_id) do update set name = excluded.name, enterprise = excluded.enterprise, bot_id = excluded.bot_id,
    bot_user_id = excluded.bot_user_id, installed_by = excluded.installed_by,
    credential_reference = excluded.credential_reference, installed_at = excluded.installed_at;
  perform audit(p_workspace, p_by, 'app_installed', jsonb_build_object('name', p_name, 'enterprise', p_enterprise));
  return to_jsonb(former);
end $$;
comment on function installation_save(text, text, boolean, text, text, text, text) is 'patchbay: keeps an installation; returns the reference of the credential it replaces';

-- By its credential: what was installed anew meanwhile has another and stays.
create function installation_remove(p_workspace text, p_credential text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  delete from installations where workspace_id = p_workspace and credential_reference = p_credential;
  if not found then return 'false'::jsonb; end if;
  perform audit(p_workspace, 'slack', 'app_uninstalled', '{}');
  return 'true'::jsonb;
end $$;
comment on function installation_remove(text, text) is 'patchbay: forgets an installation; false when it is gone or was replaced';

create function connections_in(p_workspace text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(to_jsonb(c) order by c.created_at), '[]') from mcp_connections c where c.workspace_id = p_workspace
$$;
comment on function connections_in(text) is 'patchbay: all connections of a workspace';

create function connections_forget(p_workspace text, p_actor text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare gone jsonb;
begin
  with removed as (delete from mcp_connections where workspace_id = p_workspace returning *)
  select coalesce(jsonb_agg(to_jsonb(r)), '[]') into gone from removed r;
  if gone <> '[]' then
    perform audit(p_workspace, p_actor, 'connections_forgotten', jsonb_build_object('connections',
      (select jsonb_agg(jsonb_build_object('connection', one -> 'id', 'name', one -> 'connection_name', 'user', one -> 'user_id'))
        from jsonb_array_elements(gone) one)));
  end if;
  return gone;
end $$;
comment on function connections_forget(text, text) is 'patchbay: removes all connections of a workspace that the app left';

create function runs_open(p_workspace text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(id order by number), '[]') from runs
  where workspace_id = p_workspace and status <> 'closed' and outcome is null
$$;
comment on function runs_open(text) is 'patchbay: a workspace''s runs that are at work, wait for a person or wait their turn';

create or replace function schema_version() returns jsonb language sql immutable set search_path = public, pg_temp as
  $$ select '"20261125000006"'::jsonb $$;
select patchbay_seal();
