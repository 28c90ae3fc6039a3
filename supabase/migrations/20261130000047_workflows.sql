create table patchbay.workflows (
  id uuid primary key,
  workspace_id text not null,
  owner text not null,
  name text not null,
  title text not null,
  body jsonb not null,
  hash text not null,
  version integer not null default 1,
  shared boolean not null default false,
  source text not null default 'slack' check (source in ('slack', 'file')),
  archived_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz not null default clock_timestamp()
);
comment on table patchbay.workflows is 'workflows that people saved; the owner edits one, shared offers it to the whole workspace';
comment on column patchbay.workflows.hash is 'of what the workflow does: what was approved beforehand is bound to it';
create unique index workflows_own on patchbay.workflows (workspace_id, owner, name) where archived_at is null;
create unique index workflows_shared on patchbay.workflows (workspace_id, name) where archived_at is null and shared;
alter table patchbay.workflows enable row level security;

create table patchbay.workflow_versions (
  workflow_id uuid not null references patchbay.workflows (id) on delete cascade,
  version integer not null,
  body jsonb not null,
  hash text not null,
  saved_at timestamptz not null default clock_timestamp(),
  primary key (workflow_id, version)
);
comment on table patchbay.workflow_versions is 'every body a workflow had; an earlier one saved again makes a new version';
alter table patchbay.workflow_versions enable row level security;

create function patchbay.workflow_row(p_workflow patchbay.workflows) returns jsonb
language sql immutable set search_path = patchbay, pg_temp as $$
  select jsonb_build_object('id', p_workflow.id, 'owner', p_workflow.owner, 'body', p_workflow.body, 'hash', p_workflow.hash,
    'version', p_workflow.version, 'shared', p_workflow.shared, 'source', p_workflow.source, 'changedAt', p_workflow.changed_at)
$$;
comment on function patchbay.workflow_row(patchbay.workflows) is 'a workflow as the app reads it';

create function patchbay.workflows_lock(p_workspace text) returns void
language sql set search_path = patchbay, pg_temp as $$
  select pg_advisory_xact_lock(hashtextextended('patchbay workflows ' || p_workspace, 0))
$$;
comment on function patchbay.workflows_lock(text) is 'lets one transaction at a time name and share workflows of a workspace';

create function patchbay.workflow_create(
  p_workspace text, p_user text, p_id uuid, p_body jsonb, p_hash text, p_source text, p_limit integer
) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row workflows;
begin
  perform workflows_lock(p_workspace);
  select * into row from workflows where id = p_id;
  -- The same form may be sent twice.
  if found and row.workspace_id = p_workspace and row.owner = p_user and row.version = 1 and row.hash = p_hash then return workflow_row(row); end if;
  if found then
    raise exception 'This workflow is there already. Open it anew from `/mcp workflows` and edit that.' using errcode = 'PT409';
  end if;
  if exists (select from workflows where workspace_id = p_workspace and archived_at is null and id <> p_id and name = p_body ->> 'name'
    and (owner = p_user or shared)) then
    raise exception 'There is already a workflow called "%". Take another name, or edit that one.', p_body ->> 'name' using errcode = 'PT410';
  end if;
  if (select count(*) from workflows where workspace_id = p_workspace and owner = p_user and archived_at is null) >= p_limit then
    raise exception 'You have % workflows, and more are not kept. Archive one that you do not need.', p_limit using errcode = 'PT429';
  end if;
  insert into workflows (id, workspace_id, owner, name, title, body, hash, source)
  values (p_id, p_workspace, p_user, p_body ->> 'name', p_body ->> 'title', p_body, p_hash, p_source) returning * into row;
  insert into workflow_versions (workflow_id, version, body, hash) values (p_id, 1, p_body, p_hash);
  perform audit_append(p_workspace, p_user, 'workflow_saved', jsonb_build_object('workflow', p_id, 'name', row.name, 'version', 1, 'hash', p_hash));
  return workflow_row(row);
end $$;
comment on function patchbay.workflow_create(text, text, uuid, jsonb, text, text, integer) is 'saves a new workflow of a person; the same one twice is one';

create function patchbay.workflow_edit(p_workspace text, p_user text, p_id uuid, p_base integer, p_body jsonb, p_hash text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row workflows;
begin
  perform workflows_lock(p_workspace);
  select * into row from workflows where id = p_id and workspace_id = p_workspace and owner = p_user and archived_at is null for update;
  if not found then
    raise exception 'This workflow is not yours to edit, or it was archived. See `/mcp workflows`.' using errcode = 'PT404';
  end if;
  if row.hash = p_hash then return workflow_row(row); end if;
  if row.version <> p_base then
    raise exception 'This workflow was changed meanwhile, in another window. Copy your words, open it anew and edit that.' using errcode = 'PT409';
  end if;
  if exists (select from workflows where workspace_id = p_workspace and archived_at is null and id <> p_id and name = p_body ->> 'name'
    and (owner = p_user or shared)) then
    raise exception 'There is already a workflow called "%". Take another name, or edit that one.', p_body ->> 'name' using errcode = 'PT410';
  end if;
  update workflows set name = p_body ->> 'name', title = p_body ->> 'title', body = p_body, hash = p_hash, version = row.version + 1,
    changed_at = clock_timestamp()
  where id = p_id returning * into row;
  insert into workflow_versions (workflow_id, version, body, hash) values (p_id, row.version, p_body, p_hash);
  perform audit_append(p_workspace, p_user, 'workflow_saved',
    jsonb_build_object('workflow', p_id, 'name', row.name, 'version', row.version, 'hash', p_hash));
  return workflow_row(row);
end $$;
comment on function patchbay.workflow_edit(text, text, uuid, integer, jsonb, text) is
  'makes the next version of a workflow; p_base is the version that was edited. Runs under way keep theirs';

create function patchbay.workflow_get(p_workspace text, p_user text, p_id uuid) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select workflow_row(w) from workflows w
  where w.id = p_id and w.workspace_id = p_workspace and w.archived_at is null and (w.owner = p_user or w.shared)
$$;
comment on function patchbay.workflow_get(text, text, uuid) is 'a workflow that this person may run; null where there is none';

create function patchbay.workflows_of(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(workflow_row(w) order by w.owner <> p_user, lower(w.title), w.id), '[]')
  from workflows w where w.workspace_id = p_workspace and w.archived_at is null and (w.owner = p_user or w.shared)
$$;
comment on function patchbay.workflows_of(text, text) is 'the workflows that a person may run: their own, then those shared with the workspace';

create function patchbay.workflow_versions_of(p_workspace text, p_user text, p_id uuid, p_limit integer) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('version', v.version, 'body', v.body, 'hash', v.hash, 'at', v.saved_at) order by v.version desc), '[]')
  from (
    select v.* from workflow_versions v join workflows w on w.id = v.workflow_id
    where w.id = p_id and w.workspace_id = p_workspace and w.owner = p_user order by v.version desc limit p_limit
  ) v
$$;
comment on function patchbay.workflow_versions_of(text, text, uuid, integer) is 'the newest versions of a workflow, for its owner';

create function patchbay.workflow_share(p_workspace text, p_user text, p_id uuid, p_shared boolean) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row workflows;
begin
  perform workflows_lock(p_workspace);
  select * into row from workflows where id = p_id and workspace_id = p_workspace and owner = p_user and archived_at is null for update;
  if not found then return null; end if;
  if row.shared = p_shared then return workflow_row(row); end if;
  if p_shared and exists (select from workflows where workspace_id = p_workspace and archived_at is null and shared and name = row.name) then
    raise exception 'Somebody shared a workflow called "%" before. Edit yours to another name, then share it.', row.name using errcode = 'PT410';
  end if;
  update workflows set shared = p_shared where id = p_id returning * into row;
  perform audit_append(p_workspace, p_user, case when p_shared then 'workflow_shared' else 'workflow_unshared' end,
    jsonb_build_object('workflow', p_id, 'name', row.name, 'version', row.version));
  return workflow_row(row);
end $$;
comment on function patchbay.workflow_share(text, text, uuid, boolean) is 'offers a person''s workflow to the workspace, or takes that back; null where it is not theirs';

create function patchbay.workflow_archive(p_workspace text, p_user text, p_id uuid, p_any boolean) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row workflows;
begin
  update workflows set archived_at = clock_timestamp(), shared = false
  where id = p_id and workspace_id = p_workspace and archived_at is null and (owner = p_user or (p_any and shared)) returning * into row;
  if not found then return null; end if;
  perform audit_append(p_workspace, p_user, 'workflow_archived', jsonb_build_object('workflow', p_id, 'name', row.name));
  return workflow_row(row);
end $$;
comment on function patchbay.workflow_archive(text, text, uuid, boolean) is 'archives a workflow of one''s own, or with p_any a shared one; null where it is neither';

create function patchbay.workflows_forget(p_workspace text, p_user text) returns void
language sql set search_path = patchbay, pg_temp as $$
  delete from workflows where workspace_id = p_workspace and owner = p_user and not shared;
  update workflows set owner = 'UFORGOTTEN' where workspace_id = p_workspace and owner = p_user;
$$;
comment on function patchbay.workflows_forget(text, text) is 'a forgotten person''s workflows: their own go, what they shared stays the workspace''s';

-- A line is added to whatever this function is by now, so that what other parts added to it before stays.
do $$
declare
  body text := pg_get_functiondef('patchbay.person_forget(text, text, integer)'::regprocedure);
  place text := '  delete from onboarding_messages where workspace_id = p_workspace and user_id = p_user;';
begin
  if position(place in body) = 0 then raise exception 'person_forget has no place for workflows'; end if;
  execute replace(body, place, '  perform workflows_forget(p_workspace, p_user);' || chr(10) || place);
end $$;

insert into patchbay.schema_versions (version, breaking) values ('20261130000047', false);
select patchbay.restrict_access();
