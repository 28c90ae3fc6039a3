-- A rule for everybody may name a Slack user group: only its members approve. An instance that does not know it would ask the approvers.
alter table patchbay.rules add column user_group text;
comment on column patchbay.rules.user_group is 'the Slack user group whose members alone approve what a workspace''s rule is about; null = the approvers';

drop function patchbay.rule_add_workspace(text, text, text, text, text, boolean, text, text, integer);
create function patchbay.rule_add_workspace(
  p_workspace text, p_user text, p_card text, p_tool text, p_verdict text, p_four_eyes boolean, p_class text default null, p_channel text default null,
  p_approvals integer default null, p_user_group text default null
) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row rules;
begin
  -- A form that is sent again where its acknowledgement was lost makes no second rule.
  select * into row from rules where workspace_id = p_workspace and scope = 'workspace' and card is not distinct from p_card and tool = p_tool
    and verdict = p_verdict and four_eyes = p_four_eyes and class is not distinct from p_class and channel is not distinct from p_channel
    and approvals is not distinct from p_approvals and user_group is not distinct from p_user_group;
  if found then return rule_row(row); end if;
  insert into rules (workspace_id, scope, card, tool, verdict, four_eyes, class, channel, approvals, user_group, created_by)
  values (p_workspace, 'workspace', p_card, p_tool, p_verdict, p_four_eyes, p_class, p_channel, p_approvals, p_user_group, p_user) returning * into row;
  perform audit_append(p_workspace, p_user, 'rule_added', to_jsonb(row));
  return rule_row(row);
end $$;
comment on function patchbay.rule_add_workspace(text, text, text, text, text, boolean, text, text, integer, text) is 'a rule for the whole workspace';

create or replace function patchbay.approvals_pending(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  with approvers as (select approvers_of(p_workspace) as named),
  open as (
    select a.* from approvals a cross join approvers left join lateral (select e.body -> 'approval' as asked from run_events e
      where e.run_id = a.run_id and e.type = 'judged' and e.body #>> '{approval,id}' = a.id limit 1) judged on true
    where a.workspace_id = p_workspace and a.status = 'pending' and a.expires_at > now()
      -- What is read with a person's own access is theirs alone to show.
      and case when a.proposed_by is not null or judged.asked #> '{reach,shows}' = 'true' then a.requester = p_user
        -- Of a user group only Slack knows who is in it now: those who were asked are shown it.
        when judged.asked ? 'groups' then judged.asked -> 'approvers' ? p_user
        -- Owners decide where none of the named approvers can.
        else approval_may_decide(a, p_user, approvers.named)
          or coalesce(judged.asked -> 'byOwners' = 'true' and judged.asked -> 'approvers' ? p_user, false) end
    order by a.created_at limit 40
  )
  select coalesce(jsonb_agg(jsonb_build_object('run', run_id, 'call', call_id, 'events', run_events_bare(run_id)) order by created_at), '[]')
  from open
$$;

create function patchbay.owners_set(p_workspace text, p_user text, p_owners jsonb) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  insert into workspaces (workspace_id, settings) values (p_workspace, jsonb_build_object('owners', p_owners))
  on conflict (workspace_id) do update set settings = workspaces.settings || excluded.settings;
  perform audit_append(p_workspace, p_user, 'owners_set', jsonb_build_object('owners', p_owners));
  return null;
end $$;
comment on function patchbay.owners_set(text, text, jsonb) is 'names who is an owner here beside the owners and admins of the Slack workspace; the caller checks who may do this';

insert into patchbay.schema_versions (version, breaking) values ('20261129000041', true);
select patchbay.restrict_access();
