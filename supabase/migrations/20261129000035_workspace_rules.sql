-- Owners make rules for everybody: for what only reads, changes or destroys something, and for one channel. An instance that does not know
-- the columns takes such a rule for everything, which is stricter.
alter table patchbay.rules add column class text check (class in ('read', 'write', 'destructive'));
alter table patchbay.rules add column channel text;
comment on column patchbay.rules.class is 'read: only calls that only read; write: those that change or destroy; destructive: those that can destroy; null = all';
comment on column patchbay.rules.channel is 'the one channel a workspace''s rule holds in; null = everywhere';

drop function patchbay.rule_add_workspace(text, text, text, text, text, boolean);
create function patchbay.rule_add_workspace(
  p_workspace text, p_user text, p_card text, p_tool text, p_verdict text, p_four_eyes boolean, p_class text default null, p_channel text default null
) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row rules;
begin
  -- A form that is sent again where its acknowledgement was lost makes no second rule.
  select * into row from rules where workspace_id = p_workspace and scope = 'workspace' and card is not distinct from p_card and tool = p_tool
    and verdict = p_verdict and four_eyes = p_four_eyes and class is not distinct from p_class and channel is not distinct from p_channel;
  if found then return rule_row(row); end if;
  insert into rules (workspace_id, scope, card, tool, verdict, four_eyes, class, channel, created_by)
  values (p_workspace, 'workspace', p_card, p_tool, p_verdict, p_four_eyes, p_class, p_channel, p_user) returning * into row;
  perform audit_append(p_workspace, p_user, 'rule_added', to_jsonb(row));
  return rule_row(row);
end $$;
comment on function patchbay.rule_add_workspace(text, text, text, text, text, boolean, text, text) is 'a rule for the whole workspace';

create function patchbay.rule_remove_workspace(p_workspace text, p_user text, p_id uuid) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row rules;
begin
  delete from rules where id = p_id and workspace_id = p_workspace and scope = 'workspace' returning * into row;
  if not found then return null; end if;
  perform audit_append(p_workspace, p_user, 'rule_revoked', to_jsonb(row));
  return rule_row(row);
end $$;
comment on function patchbay.rule_remove_workspace(text, text, uuid) is 'takes a workspace''s rule back; who may is the door''s question';

-- Whoever made a rule for everybody may be no owner any more.
create or replace function patchbay.rule_revoke(p_workspace text, p_user text, p_id uuid) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row rules;
  answer jsonb;
begin
  select * into row from rules where id = p_id and workspace_id = p_workspace and user_id = p_user for update;
  if not found then return null; end if;
  answer := rule_row(row);
  delete from rules where id = p_id;
  perform audit_append(p_workspace, p_user, 'rule_revoked', to_jsonb(row));
  return answer;
end $$;
comment on function patchbay.rule_revoke(text, text, uuid) is 'takes a person''s own rule back';

create function patchbay.connectors_set(p_workspace text, p_user text, p_card text, p_who text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  insert into workspaces (workspace_id) values (p_workspace) on conflict do nothing;
  update workspaces set settings = settings || jsonb_build_object('connectors', case
    when p_who is null then coalesce(settings -> 'connectors', '{}') - p_card
    else coalesce(settings -> 'connectors', '{}') || jsonb_build_object(p_card, p_who) end)
  where workspace_id = p_workspace;
  perform audit_append(p_workspace, p_user, 'connectors_set', jsonb_build_object('card', p_card, 'who', p_who));
  return null;
end $$;
comment on function patchbay.connectors_set(text, text, text, text) is 'who may connect a card, * being every card: approvers, owners, nobody; null = everybody';

insert into patchbay.schema_versions (version, breaking) values ('20261129000035', false);
select patchbay.restrict_access();
