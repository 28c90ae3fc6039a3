create table patchbay.rules (
  id uuid primary key default gen_random_uuid(),
  workspace_id text not null,
  scope text not null check (scope in ('workspace', 'person')),
  user_id text,
  card text,
  connection_id uuid references patchbay.mcp_connections (id) on delete cascade,
  tool text not null,
  verdict text not null check (verdict in ('allow', 'ask', 'deny')),
  four_eyes boolean not null default false,
  definition text,
  created_at timestamptz not null default now(),
  created_by text not null,
  check ((scope = 'person') = (user_id is not null))
);
comment on table patchbay.rules is 'what a workspace or a person decided in advance; definition pins an allow to one version of a tool';
create index rules_workspace on patchbay.rules (workspace_id, user_id);
create unique index rules_always on patchbay.rules (connection_id, tool) where scope = 'person';
alter table patchbay.rules enable row level security;

create function patchbay.rule_row(p_rule patchbay.rules) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select to_jsonb(p_rule) || jsonb_build_object('connection_name',
    (select c.connection_name from mcp_connections c where c.id = p_rule.connection_id))
$$;
comment on function patchbay.rule_row(patchbay.rules) is 'a rule with its connection''s name';

create function patchbay.rules_for(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(rule_row(r) order by r.created_at), '[]') from rules r
  where r.workspace_id = p_workspace and (r.scope = 'workspace' or r.user_id = p_user)
$$;
comment on function patchbay.rules_for(text, text) is 'the rules that bind a person';

create function patchbay.policy_for(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select jsonb_build_object('rules', rules_for(p_workspace, p_user), 'approvers', approvers_of(p_workspace))
$$;
comment on function patchbay.policy_for(text, text) is 'the rules that bind a person, and who decides destructive calls, as they are at one moment';

create function patchbay.rule_add_always(p_workspace text, p_user text, p_connection uuid, p_tool text, p_definition text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row rules;
begin
  if not exists (select from mcp_connections where id = p_connection and workspace_id = p_workspace and user_id = p_user) then
    raise exception 'This connection is gone, so there is nothing to allow.' using errcode = 'PT404';
  end if;
  insert into rules (workspace_id, scope, user_id, connection_id, tool, verdict, definition, created_by)
  values (p_workspace, 'person', p_user, p_connection, p_tool, 'allow', p_definition, p_user)
  on conflict (connection_id, tool) where scope = 'person' do update set definition = excluded.definition, verdict = 'allow'
  returning * into row;
  perform audit_append(p_workspace, p_user, 'rule_added', to_jsonb(row));
  return rule_row(row);
end $$;
comment on function patchbay.rule_add_always(text, text, uuid, text, text) is 'a person''s "always allow"';

create function patchbay.rule_add_workspace(p_workspace text, p_user text, p_card text, p_tool text, p_verdict text, p_four_eyes boolean) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row rules;
begin
  insert into rules (workspace_id, scope, card, tool, verdict, four_eyes, created_by)
  values (p_workspace, 'workspace', p_card, p_tool, p_verdict, p_four_eyes, p_user) returning * into row;
  perform audit_append(p_workspace, p_user, 'rule_added', to_jsonb(row));
  return rule_row(row);
end $$;
comment on function patchbay.rule_add_workspace(text, text, text, text, text, boolean) is 'a rule for the whole workspace';

create function patchbay.rule_revoke(p_workspace text, p_user text, p_id uuid) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row rules;
  answer jsonb;
begin
  select * into row from rules
  where id = p_id and workspace_id = p_workspace and (user_id = p_user or (scope = 'workspace' and created_by = p_user)) for update;
  if not found then return null; end if;
  answer := rule_row(row);
  delete from rules where id = p_id;
  perform audit_append(p_workspace, p_user, 'rule_revoked', to_jsonb(row));
  return answer;
end $$;
comment on function patchbay.rule_revoke(text, text, uuid) is 'takes a rule back';

insert into patchbay.schema_versions (version, breaking) values ('20261128000004', false);
select patchbay.restrict_access();
