-- Audit rows hold a keyed hash of each person. The key is the person's own and lies beside their name, so that both go at once.
create table patchbay.audit_people (
  workspace_id text not null,
  user_id text not null,
  person text not null,
  key text not null,
  primary key (workspace_id, user_id),
  unique (workspace_id, person)
);
comment on table patchbay.audit_people is 'who is who in the audit; a row goes when its person wants to be forgotten, and nothing else tells then';
alter table patchbay.audit_people enable row level security;

create function patchbay.audit_person(p_workspace text, p_user text) returns text
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  known text;
  secret text := gen_random_uuid()::text || gen_random_uuid();
begin
  -- 'patchbay', 'slack' and W00, the workspace, are nobody.
  if p_user is null or p_user = 'W00' or p_user !~ '^[UW][A-Z0-9]{2,}$' then return p_user; end if;
  select person into known from audit_people where workspace_id = p_workspace and user_id = p_user;
  if found then return known; end if;
  known := 'person-' || left(encode(sha256(convert_to(secret || p_workspace || p_user, 'utf8')), 'hex'), 32);
  insert into audit_people (workspace_id, user_id, person, key) values (p_workspace, p_user, known, secret);
  return known;
end $$;
comment on function patchbay.audit_person(text, text) is 'the keyed hash that stands for a person in the audit; only for holders of the audit''s lock';

create function patchbay.audit_without_names(p_workspace text, p_value jsonb, p_field text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare known text;
begin
  case jsonb_typeof(p_value)
  when 'object' then
    return (select coalesce(jsonb_object_agg(key, audit_without_names(p_workspace, value, key)), '{}') from jsonb_each(p_value));
  when 'array' then
    return (select coalesce(jsonb_agg(audit_without_names(p_workspace, value, p_field) order by nth), '[]')
      from jsonb_array_elements(p_value) with ordinality as items (value, nth));
  when 'string' then
    if p_value #>> '{}' !~ '^[UW][A-Z0-9]{2,}$' then return p_value; end if;
    if p_field in ('requester', 'user', 'users', 'user_id', 'by', 'created_by', 'approvers', 'members', 'owners', 'people', 'votes', 'lost',
      'shared_by', 'connected_by') then
      return to_jsonb(audit_person(p_workspace, p_value #>> '{}'));
    end if;
    -- A word like UPDATE looks like a person's id, so elsewhere only people who are known count.
    select person into known from audit_people where workspace_id = p_workspace and user_id = p_value #>> '{}';
    return coalesce(to_jsonb(known), p_value);
  else
    return p_value;
  end case;
end $$;
comment on function patchbay.audit_without_names(text, jsonb, text) is 'the details of an audit row with people by their hashes';

create function patchbay.audit_named(p_workspace text, p_value jsonb) returns jsonb
language plpgsql stable set search_path = patchbay, pg_temp as $$
begin
  case jsonb_typeof(p_value)
  when 'object' then
    return (select coalesce(jsonb_object_agg(key, audit_named(p_workspace, value)), '{}') from jsonb_each(p_value));
  when 'array' then
    return (select coalesce(jsonb_agg(audit_named(p_workspace, value) order by nth), '[]')
      from jsonb_array_elements(p_value) with ordinality as items (value, nth));
  when 'string' then
    if p_value #>> '{}' not like 'person-%' then return p_value; end if;
    return coalesce((select to_jsonb(user_id) from audit_people where workspace_id = p_workspace and person = p_value #>> '{}'), p_value);
  else
    return p_value;
  end case;
end $$;
comment on function patchbay.audit_named(text, jsonb) is 'what stands in an audit row with the people that are still known by their ids';

create or replace function patchbay.audit_append(p_workspace text, p_actor text, p_action text, p_details jsonb) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row audit_events;
begin
  insert into workspaces (workspace_id) values (p_workspace) on conflict do nothing;
  perform audit_lock(p_workspace);
  row.id := nextval('patchbay.audit_events_id_seq');
  row.workspace_id := p_workspace;
  row.actor := audit_person(p_workspace, p_actor);
  row.action := p_action;
  row.details := audit_without_names(p_workspace, p_details, '');
  row.at := clock_timestamp();
  row.previous_hash := coalesce(
    (select hash from audit_events where workspace_id = p_workspace order by id desc limit 1),
    (select hash from audit_anchors where workspace_id = p_workspace),
    '');
  insert into audit_events (id, workspace_id, actor, action, details, at, previous_hash, hash) overriding system value
  values (row.id, row.workspace_id, row.actor, row.action, row.details, row.at, row.previous_hash, audit_hash(row.previous_hash, row));
  return null;
end $$;

create function patchbay.audit_list(p_workspace text, p_filter jsonb, p_upto bigint, p_skip integer, p_limit integer) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  with person as (
    select array[p_filter ->> 'user', (select person from audit_people where workspace_id = p_workspace and user_id = p_filter ->> 'user')] as names
  ),
  found as (
    select e.* from audit_events e, person
    where e.workspace_id = p_workspace and (p_upto is null or e.id <= p_upto)
      and (p_filter -> 'user' is null or e.actor = any (names) or e.details ->> 'requester' = any (names))
      and (p_filter -> 'connection' is null or e.details ->> 'connection' = p_filter ->> 'connection')
      and (p_filter -> 'actions' is null or exists (select from jsonb_array_elements_text(p_filter -> 'actions') one where starts_with(e.action, one)))
      and (p_filter -> 'since' is null or e.at >= (p_filter ->> 'since')::timestamptz)
    order by e.id desc offset p_skip limit p_limit
  )
  select coalesce(jsonb_agg(jsonb_build_object('row', f.id, 'at', f.at, 'actor', audit_named(p_workspace, to_jsonb(f.actor)), 'action', f.action,
    'details', audit_named(p_workspace, f.details), 'connection', (select c.connection_name from mcp_connections c
      where c.id::text = f.details ->> 'connection' and c.workspace_id = p_workspace)) order by f.id desc), '[]')
  from found f
$$;
comment on function patchbay.audit_list(text, jsonb, bigint, integer, integer) is 'audit rows of a workspace, the newest first: of a person, a connection, kinds of actions, since a time';

create function patchbay.users_without(p_users jsonb, p_user text) returns jsonb
language sql immutable set search_path = patchbay, pg_temp as $$
  select case when p_users is not null then (
    select coalesce(jsonb_agg(case when one = p_user then 'UFORGOTTEN' else one end order by nth), '[]')
    from jsonb_array_elements_text(p_users) with ordinality as users (one, nth)) end
$$;
comment on function patchbay.users_without(jsonb, text) is 'a list of people with one of them forgotten';

create function patchbay.run_event_without_words(p_body jsonb, p_user text) returns jsonb
language sql immutable set search_path = patchbay, pg_temp as $$
  -- A field that is null is none.
  select jsonb_strip_nulls(p_body || case when p_body ->> 'by' = p_user then '{"by": "UFORGOTTEN"}'::jsonb else '{}' end || case p_body ->> 'type'
    when 'started' then jsonb_build_object('text', 'Forgotten.', 'context', '[]'::jsonb, 'attached', '[]'::jsonb,
      'origin', (p_body -> 'origin') - 'userZone' || '{"user": "UFORGOTTEN", "userName": "somebody"}',
      'first', p_body -> 'first' || '{"input": {}}', 'earlier', null, 'prompt', null, 'skill', null, 'untrusted', null)
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
comment on function patchbay.run_event_without_words(jsonb, text) is 'an event of a person''s run as it stays once they are forgotten: what was done, without what was said, sent or read';

create function patchbay.person_runs_open(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(id order by number), '[]') from runs where workspace_id = p_workspace and user_id = p_user and status <> 'closed'
$$;
comment on function patchbay.person_runs_open(text, text) is 'a person''s runs that have not ended yet';

create function patchbay.person_pending(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(reference), '[]') from (
    select 'sign-in/' || state_hash as reference from sign_ins where workspace_id = p_workspace and user_id = p_user
    union all select 'secret-entry/' || id from secret_entries where workspace_id = p_workspace and user_id = p_user) pending
$$;
comment on function patchbay.person_pending(text, text) is 'what the credential store may keep of a person''s sign-ins and pages under way';

create function patchbay.person_pending_end(p_workspace text, p_user text, p_references jsonb) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  delete from sign_ins where workspace_id = p_workspace and user_id = p_user and p_references ? ('sign-in/' || state_hash);
  delete from secret_entries where workspace_id = p_workspace and user_id = p_user and p_references ? ('secret-entry/' || id);
  select null::jsonb
$$;
comment on function patchbay.person_pending_end(text, text, jsonb) is 'ends those whose secrets are gone from the credential store';

create function patchbay.sign_in_codes_take(p_workspace text, p_user text, p_lease_ms integer) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  with taken as (
    update sign_in_codes set state = 'dropped', ends_at = clock_timestamp() + p_lease_ms * interval '1 millisecond'
    where workspace_id = p_workspace and user_id = p_user and (state = 'waits' or ends_at < clock_timestamp()) returning *
  )
  select coalesce(jsonb_agg(to_jsonb(taken)), '[]') from taken
$$;
comment on function patchbay.sign_in_codes_take(text, text, integer) is 'takes a person''s sign-ins that wait for their code, to drop them';

create function patchbay.person_forget(p_workspace text, p_user text, p_most integer) returns jsonb
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
  delete from onboarding_messages where workspace_id = p_workspace and user_id = p_user;
  delete from resource_subscriptions where workspace_id = p_workspace and user_id = p_user;
  delete from run_feedback f using runs r where r.id = f.run_id and r.workspace_id = p_workspace and f.user_id = p_user;
  update heard_messages set text = null, author = 'somebody', user_id = null where workspace_id = p_workspace and user_id = p_user;
  perform audit_append(p_workspace, p_user, 'person_forgotten', '{}');
  -- The last of all: from here on nobody can tell whose rows these were.
  delete from audit_people where workspace_id = p_workspace and user_id = p_user;
  return jsonb_build_object('done', true, 'runs', wiped);
end $$;
comment on function patchbay.person_forget(text, text, integer) is 'one step of forgetting a person whose connections are gone: at most so many runs; done once nothing of theirs is left';

-- Runs of people who were forgotten have nothing to tell.
create or replace function patchbay.conversation_history(p_run uuid) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  with this as (select conversation, number from runs where id = p_run),
  summary as (
    select e.body, (select number from runs where id = (e.body ->> 'upTo')::uuid) as up_to
    from this join runs r on r.conversation = this.conversation and r.number <= this.number
      join run_events e on e.run_id = r.id and e.type = 'summarised'
    order by r.number desc, e.seq desc limit 1
  ),
  first as (select r.id from runs r, this where r.conversation = this.conversation order by r.number limit 1)
  select jsonb_build_object(
    'summary', (select body ->> 'text' from summary),
    'runs', coalesce((
      select jsonb_agg(jsonb_build_object('id', r.id, 'events', run_events_bare(r.id)) order by r.number)
      from runs r, this
      where r.conversation = this.conversation and r.number < this.number and r.number > coalesce((select up_to from summary), 0)
        and r.user_id <> 'UFORGOTTEN'
    ), '[]'),
    -- The run that a summary ends at may be gone.
    'heard', heard_in_conversation(p_run, coalesce(run_message_ts((select (body ->> 'upTo')::uuid from summary)), run_message_ts((select id from first)))),
    'exchange', case when not exists (select from summary) and exists (
      select from first join run_events e on e.run_id = first.id and e.seq = 1 where e.body #>> '{origin,place}' = 'dm')
      then exchange_before((select id from first)) else '[]' end)
$$;

insert into patchbay.schema_versions (version, breaking) values ('20261129000039', false);
select patchbay.restrict_access();
