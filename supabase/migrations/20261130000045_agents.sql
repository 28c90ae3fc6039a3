create table patchbay.agents (
  id uuid primary key,
  workspace_id text not null,
  user_id text not null,
  name_key text not null,
  definition jsonb not null,
  version integer not null default 1,
  shared boolean not null default false,
  archived_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz not null default clock_timestamp()
);
comment on table patchbay.agents is 'agents that people made; user_id owns one, shared offers it to the whole workspace';
comment on column patchbay.agents.name_key is 'the name without case, spaces and look-alikes: names are told apart by it';
create unique index agents_own on patchbay.agents (workspace_id, user_id, name_key) where archived_at is null;
create unique index agents_shared on patchbay.agents (workspace_id, name_key) where archived_at is null and shared;
alter table patchbay.agents enable row level security;

create table patchbay.agent_versions (
  agent_id uuid not null references patchbay.agents (id) on delete cascade,
  version integer not null,
  definition jsonb not null,
  saved_at timestamptz not null default clock_timestamp(),
  primary key (agent_id, version)
);
comment on table patchbay.agent_versions is 'every definition an agent had; restoring one makes a new version';
alter table patchbay.agent_versions enable row level security;

-- An agent from a file has no row, so that nothing refers to agents here.
create table patchbay.channel_agents (
  workspace_id text not null,
  channel text not null,
  agent_id text,
  primary key (workspace_id, channel)
);
comment on table patchbay.channel_agents is 'which agent answers in a channel where nobody is named; null: one was offered and none is chosen';
alter table patchbay.channel_agents enable row level security;

create table patchbay.person_agents (
  workspace_id text not null,
  user_id text not null,
  agent_id text not null,
  primary key (workspace_id, user_id)
);
comment on table patchbay.person_agents is 'which agent answers a person where neither they nor the place name one';
alter table patchbay.person_agents enable row level security;

create table patchbay.muted_threads (
  workspace_id text not null,
  channel text not null,
  thread_ts text not null,
  muted_at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, channel, thread_ts)
);
comment on table patchbay.muted_threads is 'threads in which the app answers only to mentions';
alter table patchbay.muted_threads enable row level security;

create function patchbay.agent_row(p_agent patchbay.agents) returns jsonb
language sql immutable set search_path = patchbay, pg_temp as $$
  select jsonb_build_object('id', p_agent.id, 'owner', p_agent.user_id, 'definition', p_agent.definition, 'version', p_agent.version,
    'shared', p_agent.shared)
$$;
comment on function patchbay.agent_row(patchbay.agents) is 'an agent as the app reads it';

create function patchbay.agents_of(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(agent_row(a) order by a.user_id <> p_user, lower(a.definition ->> 'name')), '[]')
  from agents a where a.workspace_id = p_workspace and a.archived_at is null and (a.user_id = p_user or a.shared)
$$;
comment on function patchbay.agents_of(text, text) is 'the agents that a person may use: their own, then those shared with the workspace';

create function patchbay.agents_lock(p_workspace text) returns void
language sql set search_path = patchbay, pg_temp as $$
  select pg_advisory_xact_lock(hashtextextended('patchbay agents ' || p_workspace, 0))
$$;
comment on function patchbay.agents_lock(text) is 'lets one transaction at a time name and share agents of a workspace';

create function patchbay.agent_save(
  p_workspace text, p_user text, p_id uuid, p_base integer, p_name_key text, p_definition jsonb, p_limit integer
) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row agents;
  taken text;
begin
  perform agents_lock(p_workspace);
  select * into row from agents where id = p_id for update;
  if found and (row.workspace_id <> p_workspace or row.user_id <> p_user or row.archived_at is not null) or not found and p_base is not null then
    raise exception 'This agent is not yours to edit, or it was archived. See `/mcp agents`.' using errcode = 'PT404';
  end if;
  -- The same form may be sent twice.
  if row.definition = p_definition then return agent_row(row); end if;
  if row.version <> coalesce(p_base, 0) then
    raise exception 'This agent was changed meanwhile, in another window. Copy your words, open it anew and edit that.' using errcode = 'PT409';
  end if;
  select definition ->> 'name' into taken from agents
  where workspace_id = p_workspace and archived_at is null and id <> p_id and name_key = p_name_key and (user_id = p_user or shared) limit 1;
  if found then
    raise exception 'There is already an agent called "%". Take another name, or edit that one.', taken using errcode = 'PT410';
  end if;
  if row.id is not null then
    update agents set definition = p_definition, name_key = p_name_key, version = row.version + 1, changed_at = clock_timestamp()
    where id = p_id returning * into row;
  else
    if (select count(*) from agents where workspace_id = p_workspace and user_id = p_user and archived_at is null) >= p_limit then
      raise exception 'You have % agents, and more are not kept. Archive one that you do not need.', p_limit using errcode = 'PT429';
    end if;
    insert into agents (id, workspace_id, user_id, name_key, definition) values (p_id, p_workspace, p_user, p_name_key, p_definition)
    returning * into row;
  end if;
  insert into agent_versions (agent_id, version, definition) values (p_id, row.version, p_definition);
  perform audit_append(p_workspace, p_user, 'agent_saved', jsonb_build_object('agent', p_id, 'name', p_definition ->> 'name', 'version', row.version));
  return agent_row(row);
end $$;
comment on function patchbay.agent_save(text, text, uuid, integer, text, jsonb, integer) is
  'makes an agent (p_base null) or its next version; p_base is the version that was edited';

create function patchbay.agent_versions_of(p_workspace text, p_user text, p_id uuid, p_limit integer) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('version', v.version, 'definition', v.definition, 'at', v.saved_at) order by v.version desc), '[]')
  from (
    select v.* from agent_versions v join agents a on a.id = v.agent_id
    where a.id = p_id and a.workspace_id = p_workspace and a.user_id = p_user order by v.version desc limit p_limit
  ) v
$$;
comment on function patchbay.agent_versions_of(text, text, uuid, integer) is 'the newest versions of an agent, for its owner';

create function patchbay.agent_share(p_workspace text, p_user text, p_id uuid, p_shared boolean) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row agents;
begin
  perform agents_lock(p_workspace);
  select * into row from agents where id = p_id and workspace_id = p_workspace and user_id = p_user and archived_at is null for update;
  if not found then return null; end if;
  if row.shared = p_shared then return agent_row(row); end if;
  if p_shared and exists (
    select from agents where workspace_id = p_workspace and archived_at is null and shared and name_key = row.name_key) then
    raise exception 'Somebody shared an agent called "%" before. Edit yours to another name, then share it.', row.definition ->> 'name'
      using errcode = 'PT410';
  end if;
  update agents set shared = p_shared where id = p_id returning * into row;
  if not p_shared then
    update channel_agents set agent_id = null where workspace_id = p_workspace and agent_id = p_id::text;
    delete from person_agents where workspace_id = p_workspace and agent_id = p_id::text and user_id <> p_user;
  end if;
  perform audit_append(p_workspace, p_user, case when p_shared then 'agent_shared' else 'agent_unshared' end,
    jsonb_build_object('agent', p_id, 'name', row.definition ->> 'name', 'version', row.version));
  return agent_row(row);
end $$;
comment on function patchbay.agent_share(text, text, uuid, boolean) is 'offers a person''s agent to the workspace, or takes that back; null where it is not theirs';

create function patchbay.agent_archive(p_workspace text, p_user text, p_id uuid, p_any boolean) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row agents;
begin
  update agents set archived_at = clock_timestamp(), shared = false
  where id = p_id and workspace_id = p_workspace and archived_at is null and (user_id = p_user or (p_any and shared)) returning * into row;
  if not found then return null; end if;
  update channel_agents set agent_id = null where workspace_id = p_workspace and agent_id = p_id::text;
  delete from person_agents where workspace_id = p_workspace and agent_id = p_id::text;
  perform audit_append(p_workspace, p_user, 'agent_archived', jsonb_build_object('agent', p_id, 'name', row.definition ->> 'name'));
  return agent_row(row);
end $$;
comment on function patchbay.agent_archive(text, text, uuid, boolean) is 'archives an agent of one''s own, or with p_any a shared one; null where it is neither';

create function patchbay.channel_agent_set(p_workspace text, p_user text, p_channel text, p_agent text, p_name text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  insert into channel_agents (workspace_id, channel, agent_id) values (p_workspace, p_channel, p_agent)
  on conflict (workspace_id, channel) do update set agent_id = excluded.agent_id;
  perform audit_append(p_workspace, p_user, 'agent_of_channel_set', jsonb_build_object('agent', p_agent, 'name', p_name, 'channel', p_channel));
  return null;
end $$;
comment on function patchbay.channel_agent_set(text, text, text, text, text) is 'chooses the agent of a channel; null: none. The caller checks that everybody there may use it';

create function patchbay.person_agent_set(p_workspace text, p_user text, p_agent text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  if p_agent is null then delete from person_agents where workspace_id = p_workspace and user_id = p_user;
  else
    insert into person_agents (workspace_id, user_id, agent_id) values (p_workspace, p_user, p_agent)
    on conflict (workspace_id, user_id) do update set agent_id = excluded.agent_id;
  end if;
  return null;
end $$;
comment on function patchbay.person_agent_set(text, text, text) is 'chooses the agent of a person; null: none';

create function patchbay.agent_choices(p_workspace text, p_user text, p_channel text, p_thread text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select jsonb_build_object(
    'thread', (select e.body #>> '{agent,id}' from run_events e where e.seq = 1 and e.run_id = newest.id),
    'thread_name', (select e.body #>> '{agent,name}' from run_events e where e.seq = 1 and e.run_id = newest.id),
    'channel', (select agent_id from channel_agents where workspace_id = p_workspace and channel = p_channel),
    'person', (select agent_id from person_agents where workspace_id = p_workspace and user_id = p_user))
  from (select) one left join lateral (
    select id from runs where conversation = p_workspace || ':' || p_channel || ':' || p_thread order by number desc limit 1
  ) newest on true
$$;
comment on function patchbay.agent_choices(text, text, text, text) is 'which agent did the last run of a thread, and who was chosen for the channel and by the person';

create function patchbay.agent_offer_claim(p_workspace text, p_channel text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  insert into channel_agents (workspace_id, channel) values (p_workspace, p_channel) on conflict do nothing;
  return to_jsonb(found);
end $$;
comment on function patchbay.agent_offer_claim(text, text) is 'true once for a channel for which nothing was chosen yet: an agent is offered there';

create function patchbay.thread_mute(p_workspace text, p_channel text, p_thread text, p_muted boolean) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  if p_muted then
    insert into muted_threads (workspace_id, channel, thread_ts) values (p_workspace, p_channel, p_thread) on conflict do nothing;
  else
    delete from muted_threads where workspace_id = p_workspace and channel = p_channel and thread_ts = p_thread;
  end if;
  -- A thread whose runs are forgotten is no thread of the app any more.
  delete from muted_threads where workspace_id = p_workspace and muted_at < clock_timestamp() - run_retention(p_workspace);
  return null;
end $$;
comment on function patchbay.thread_mute(text, text, text, boolean) is 'lets the app answer only to mentions in a thread, or to everything again';

create function patchbay.thread_muted(p_workspace text, p_channel text, p_thread text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select to_jsonb(exists (select from muted_threads where workspace_id = p_workspace and channel = p_channel and thread_ts = p_thread))
$$;
comment on function patchbay.thread_muted(text, text, text) is 'whether the app answers only to mentions in a thread';

-- The words of a person's agent go with them. What they shared stays the workspace's.
create or replace function patchbay.run_event_without_words(p_body jsonb, p_user text) returns jsonb
language sql immutable set search_path = patchbay, pg_temp as $$
  -- A field that is null is none.
  select jsonb_strip_nulls(p_body || case when p_body ->> 'by' = p_user then '{"by": "UFORGOTTEN"}'::jsonb else '{}' end || case p_body ->> 'type'
    when 'started' then jsonb_build_object('text', 'Forgotten.', 'context', '[]'::jsonb, 'attached', '[]'::jsonb,
      'origin', (p_body -> 'origin') - 'userZone' || '{"user": "UFORGOTTEN", "userName": "somebody"}',
      'first', p_body -> 'first' || '{"input": {}}', 'earlier', null, 'prompt', null, 'skill', null, 'untrusted', null,
      'agent', case when p_body ? 'agent' then jsonb_build_object('id', p_body #> '{agent,id}', 'version', p_body #> '{agent,version}',
        'chosenBy', p_body #> '{agent,chosenBy}', 'name', 'Forgotten', 'purpose', 'Forgotten.', 'instructions', '') end)
    when 'thread_read' then '{"messages": [], "gap": null}'
    when 'files_added' then '{"files": []}'
    when 'summarised' then '{"text": "Forgotten."}'
    when 'replied' then jsonb_build_object('toolsLeftOut', null, 'content', (select coalesce(jsonb_agg(case part ->> 'type'
        when 'text' then '{"type": "text", "text": ""}' else part || '{"input": {}}' end order by nth), '[]')
      from jsonb_array_elements(p_body -> 'content') with ordinality as parts (part, nth) where part ->> 'type' <> 'opaque'))
    when 'judged' then jsonb_build_object('why', '[]'::jsonb,
      'approval', (p_body -> 'approval') - 'reach' - 'does' || jsonb_build_object('approvers', users_without(p_body #> '{approval,approvers}', p_user)),
      'target', p_body -> 'target' || jsonb_build_object('schema', '{}'::jsonb, 'connectionName', p_body #> '{target,cardTitle}',
        'sharedBy', case when p_body #>> '{target,sharedBy}' = p_user then '"UFORGOTTEN"' else p_body #> '{target,sharedBy}' end))
    when 'voted' then jsonb_build_object('votes', users_without(p_body -> 'votes', p_user))
    when 'answered' then jsonb_build_object('arguments', case when p_body ? 'arguments' then '{}'::jsonb end, 'reason', null, 'reach', null, 'lost', null,
      'approvedBy', users_without(p_body -> 'approvedBy', p_user))
    when 'edit_proposed' then '{"arguments": {}}'
    when 'denial_explained' then '{"reason": "Forgotten."}'
    when 'withdrawn' then '{"text": "Forgotten.", "attached": []}'
    when 'asked_input' then jsonb_build_object('request', p_body -> 'request' || '{"message": "Forgotten.", "metadataUrl": null}'
      || case p_body #>> '{request,kind}' when 'form' then '{"fields": []}' when 'url' then '{"url": "https://forgotten.invalid/"}' else '{}'::jsonb end,
      'person', 'UFORGOTTEN', 'resume', (p_body -> 'resume') - 'state')
    when 'given_input' then '{"content": null}'
    when 'returned' then '{"text": "", "images": [], "files": [], "summary": "Forgotten.", "shown": null, "log": null}'
    when 'failed' then '{"message": "Forgotten."}'
    else '{}' end)
$$;

create or replace function patchbay.person_forget(p_workspace text, p_user text, p_most integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  one runs;
  wiped integer := 0;
begin
  for one in
    select * from runs where workspace_id = p_workspace and user_id = p_user and status = 'closed' order by number limit p_most for update
  loop
    update run_events set body = run_event_without_words(body, p_user) where run_id = one.id;
    -- What others asked later in the thread came with a summary of what was said before.
    update run_events e set body = body || '{"text": "Forgotten."}' from runs r
    where r.conversation = one.conversation and r.number > one.number and e.run_id = r.id and e.type = 'summarised';
    update approvals set requester = 'UFORGOTTEN', approvers = users_without(approvers, p_user), votes = users_without(votes, p_user), reason = null,
      decided_by = case when decided_by = p_user then 'UFORGOTTEN' else decided_by end,
      proposed_by = case when proposed_by = p_user then 'UFORGOTTEN' else proposed_by end
    where run_id = one.id;
    update input_requests set user_id = 'UFORGOTTEN', answered_by = case when answered_by = p_user then 'UFORGOTTEN' else answered_by end where run_id = one.id;
    update mcp_tool_usage set error_details = error_details - 'words' where run_id = one.id;
    -- The key of a starter question holds who pressed it.
    update runs set user_id = 'UFORGOTTEN', dedupe_key = case when position(p_user in dedupe_key) > 0 then 'forgotten:' || id else dedupe_key end
    where id = one.id;
    wiped := wiped + 1;
  end loop;
  if wiped = p_most
    or exists (select from runs where workspace_id = p_workspace and user_id = p_user)
    or exists (select from mcp_connections where workspace_id = p_workspace and user_id = p_user)
    or exists (select from connect_submissions where workspace_id = p_workspace and user_id = p_user)
    or exists (select from sign_in_codes where workspace_id = p_workspace and user_id = p_user)
    or person_pending(p_workspace, p_user) <> '[]'
  then
    return jsonb_build_object('done', false, 'runs', wiped);
  end if;
  delete from rules where workspace_id = p_workspace and scope = 'person' and user_id = p_user;
  update rules set created_by = 'UFORGOTTEN' where workspace_id = p_workspace and created_by = p_user;
  update tool_pins p set pinned_by = null from mcp_connections c where c.id = p.connection_id and c.workspace_id = p_workspace and p.pinned_by = p_user;
  -- What they connected for the workspace stays the workspace's.
  update shared_connections s set shared_by = 'UFORGOTTEN' from mcp_connections c
  where c.id = s.connection_id and c.workspace_id = p_workspace and s.shared_by = p_user;
  delete from mcp_run_cards where workspace_id = p_workspace and created_by = p_user and source in ('saved', 'imported') and not is_public;
  delete from agents where workspace_id = p_workspace and user_id = p_user and not shared;
  update agents set user_id = 'UFORGOTTEN' where workspace_id = p_workspace and user_id = p_user;
  delete from person_agents where workspace_id = p_workspace and user_id = p_user;
  delete from onboarding_messages where workspace_id = p_workspace and user_id = p_user;
  delete from resource_subscriptions where workspace_id = p_workspace and user_id = p_user;
  delete from run_feedback f using runs r where r.id = f.run_id and r.workspace_id = p_workspace and f.user_id = p_user;
  update heard_messages set text = null, author = 'somebody', user_id = null where workspace_id = p_workspace and user_id = p_user;
  perform audit_append(p_workspace, p_user, 'person_forgotten', '{}');
  -- The last of all: from here on nobody can tell whose rows these were.
  delete from audit_people where workspace_id = p_workspace and user_id = p_user;
  return jsonb_build_object('done', true, 'runs', wiped);
end $$;

insert into patchbay.schema_versions (version, breaking) values ('20261130000045', false);
select patchbay.restrict_access();
