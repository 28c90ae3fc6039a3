-- A person's rule may hold in one thread only, and ends with it. An instance that does not know the column would take it for one that holds everywhere.
alter table patchbay.rules add column conversation text;
comment on column patchbay.rules.conversation is 'the one conversation a person''s rule holds in; null = everywhere';
drop index patchbay.rules_always;
create unique index rules_always on patchbay.rules (connection_id, tool) where scope = 'person' and conversation is null;
create unique index rules_in_thread on patchbay.rules (conversation, connection_id, tool) where conversation is not null;

create or replace function patchbay.rule_add_always(p_workspace text, p_user text, p_connection uuid, p_tool text, p_definition text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row rules;
begin
  if not exists (select from mcp_connections where id = p_connection and workspace_id = p_workspace and user_id = p_user) then
    raise exception 'This connection is gone, so there is nothing to allow.' using errcode = 'PT404';
  end if;
  insert into rules (workspace_id, scope, user_id, connection_id, tool, verdict, definition, created_by)
  values (p_workspace, 'person', p_user, p_connection, p_tool, 'allow', p_definition, p_user)
  on conflict (connection_id, tool) where scope = 'person' and conversation is null
  do update set definition = excluded.definition, verdict = 'allow'
  returning * into row;
  perform audit_append(p_workspace, p_user, 'rule_added', to_jsonb(row));
  return rule_row(row);
end $$;

create function patchbay.rule_add_in_thread(p_workspace text, p_user text, p_connection uuid, p_tool text, p_definition text, p_conversation text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row rules;
begin
  if not exists (select from mcp_connections where id = p_connection and workspace_id = p_workspace and user_id = p_user) then
    raise exception 'This connection is gone, so there is nothing to allow.' using errcode = 'PT404';
  end if;
  insert into rules (workspace_id, scope, user_id, connection_id, tool, verdict, definition, created_by, conversation)
  values (p_workspace, 'person', p_user, p_connection, p_tool, 'allow', p_definition, p_user, p_conversation)
  on conflict (conversation, connection_id, tool) where conversation is not null
  do update set definition = excluded.definition, verdict = 'allow'
  returning * into row;
  perform audit_append(p_workspace, p_user, 'rule_added', to_jsonb(row));
  return rule_row(row);
end $$;
comment on function patchbay.rule_add_in_thread(text, text, uuid, text, text, text) is 'a person''s "allow in this thread"';

create function patchbay.runs_forget_rules() returns trigger
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  delete from rules r where r.conversation = old.conversation and not exists (select from runs where conversation = old.conversation);
  return null;
end $$;
comment on function patchbay.runs_forget_rules() is 'a rule of one thread goes with its last run';
create trigger runs_forget_rules after delete on patchbay.runs for each row execute function patchbay.runs_forget_rules();

insert into patchbay.schema_versions (version, breaking) values ('20261128000021', true);
select patchbay.restrict_access();
