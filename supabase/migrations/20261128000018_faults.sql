-- The audit: each decision, rule and repeat is written in its own transaction, and the chain is checked part by part.

drop function audit_broken(text);

-- `p_after` is the last row known to be good; the answer's `last` is where the next part begins, null at the end of the chain.
create function audit_broken(p_workspace text, p_after bigint, p_most integer) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  with part as (
    select * from audit_events where workspace_id = p_workspace and id > p_after order by id limit p_most
  ),
  chain as (
    select part.*, coalesce(lag(hash) over (order by id),
      (select e.hash from audit_events e where e.workspace_id = p_workspace and e.id <= p_after order by e.id desc limit 1), '') as expected
    from part
  )
  select jsonb_build_object('last', (select max(id) from chain), 'broken', (
    select min(id) from chain
    where previous_hash <> expected or hash <> encode(sha256(convert_to(concat_ws('|', expected, workspace_id, actor, action,
      details::text, to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US')), 'utf8')), 'hex')))
$$;
comment on function audit_broken(text, bigint, integer) is 'patchbay: the first row of a part of the audit whose hash does not follow from the one before';

create function audit_workspaces() returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(distinct workspace_id), '[]') from audit_events
$$;
comment on function audit_workspaces() is 'patchbay: workspaces that have an audit';

-- Connections: saved in one call, found only in their workspace.

-- Whoever has read these tools before need not read them again.
alter table mcp_connections add column tools_stamp text generated always as (md5(tools_available::text)) stored;
comment on column mcp_connections.tools_stamp is 'the same for the same tools';

drop function connections_of(text, text);
create function connections_of(p_workspace text, p_user text, p_known jsonb) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(case when p_known ? c.tools_stamp then to_jsonb(c) - 'tools_available' else to_jsonb(c) end
    order by lower(c.connection_name)), '[]')
  from mcp_connections c where c.workspace_id = p_workspace and c.user_id = p_user
$$;
comment on function connections_of(text, text, jsonb) is 'patchbay: a person''s connections by name; without the tools whose stamps are known';

drop function connection_get(uuid);
create function connection_get(p_workspace text, p_id uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select to_jsonb(c) from mcp_connections c where c.id = p_id and c.workspace_id = p_workspace
$$;
comment on function connection_get(text, uuid) is 'patchbay: one connection of a workspace';

drop function connection_add(uuid, text, text, text, text, jsonb, text, jsonb, jsonb, integer);
create function connection_add(
  p_workspace text, p_user text, p_id uuid, p_name text, p_card text, p_config jsonb, p_credential text,
  p_tools jsonb, p_left_out jsonb, p_instructions text, p_offers jsonb, p_era jsonb, p_limit integer
) returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare row mcp_connections;
begin
  -- Two submits at once must not both find the last free place.
  perform pg_advisory_xact_lock(hashtextextended('patchbay connections ' || p_workspace || p_user, 0));
  if (select count(*) from mcp_connections where workspace_id = p_workspace and user_id = p_user) >= p_limit then
    raise exception 'You already have % connections, which is the most here. Disconnect one you no longer need, then connect again.', p_limit
      using errcode = 'PT429';
  end if;
  insert into mcp_connections (id, workspace_id, user_id, connection_name, mcp_type, connection_config, credential_reference,
    tools_available, tools_left_out, server_instructions, offers, era, era_at)
  values (p_id, p_workspace, p_user, p_name, p_card, p_config, p_credential, p_tools, p_left_out, p_instructions, p_offers, p_era, now())
  returning * into row;
  perform audit(p_workspace, p_user, 'connection_added', jsonb_build_object('connection', p_id, 'name', p_name, 'card', p_card));
  return to_jsonb(row);
exception when unique_violation then
  raise exception 'You already have a connection called "%". Choose another name.', p_name using errcode = 'PT410';
end $$;
comment on function connection_add(text, text, uuid, text, text, jsonb, text, jsonb, jsonb, text, jsonb, jsonb, integer) is 'patchbay: saves a connection that was tested, with all its server told';

drop function connection_replace(uuid, jsonb, text, jsonb, jsonb);
-- What a connection was made from stays with it, whatever else is filled in anew.
create function connection_replace(
  p_workspace text, p_user text, p_id uuid, p_config jsonb, p_credential text,
  p_tools jsonb, p_left_out jsonb, p_instructions text, p_offers jsonb, p_era jsonb
) returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare row mcp_connections;
begin
  -- As in connection_add and connection_remove: whoever asks after a lost answer waits for this to end.
  perform pg_advisory_xact_lock(hashtextextended('patchbay connections ' || p_workspace || p_user, 0));
  update mcp_connections set
    connection_config = p_config || jsonb_strip_nulls(jsonb_build_object('entry', connection_config -> 'entry')),
    credential_reference = p_credential, tools_available = p_tools, tools_left_out = p_left_out, server_instructions = p_instructions,
    offers = p_offers, era = p_era, era_at = now(), status = 'connected', status_reason = null
  where id = p_id and workspace_id = p_workspace and user_id = p_user returning * into row;
  if not found then
    raise exception 'This connection is gone. Connect it anew with /mcp connect.' using errcode = 'PT404';
  end if;
  perform audit(p_workspace, p_user, 'connection_replaced',
    jsonb_build_object('connection', p_id, 'name', row.connection_name, 'card', row.mcp_type));
  return to_jsonb(row);
end $$;
comment on function connection_replace(text, text, uuid, jsonb, text, jsonb, jsonb, text, jsonb, jsonb) is 'patchbay: new inputs after a reconnect that worked, with all the server told';

-- Waits for a save of the same person that may still be under way, so its answer is final.
create function connection_saved(p_workspace text, p_user text, p_id uuid) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('patchbay connections ' || p_workspace || p_user, 0));
  return (select to_jsonb(c) from mcp_connections c where c.id = p_id and c.workspace_id = p_workspace and c.user_id = p_user);
end $$;
comment on function connection_saved(text, text, uuid) is 'patchbay: what became of a save whose answer was lost';

drop function connection_tools(uuid, jsonb);

drop function connection_status(uuid, text, text);
create function connection_status(p_workspace text, p_id uuid, p_status text, p_reason text) returns jsonb
language sql set search_path = public, pg_temp as $$
  update mcp_connections set status = p_status, status_reason = p_reason
  where id = p_id and workspace_id = p_workspace and (status, status_reason) is distinct from (p_status, p_reason);
  select null::jsonb
$$;
comment on function connection_status(text, uuid, text, text) is 'patchbay: whether a connection works';

-- Null offers leave what was known of them.
drop function connection_learned(uuid, jsonb, jsonb, text);
create function connection_learned(p_workspace text, p_id uuid, p_tools jsonb, p_left_out jsonb, p_instructions text, p_offers jsonb) returns jsonb
language sql set search_path = public, pg_temp as $$
  update mcp_connections set tools_available = p_tools, tools_left_out = p_left_out, server_instructions = p_instructions,
    offers = coalesce(p_offers, offers)
  where id = p_id and workspace_id = p_workspace
    and (tools_available, tools_left_out, server_instructions, offers)
      is distinct from (p_tools, p_left_out, p_instructions, coalesce(p_offers, offers));
  select null::jsonb
$$;
comment on function connection_learned(text, uuid, jsonb, jsonb, text, jsonb) is 'patchbay: what a connection''s server tells of itself now';

drop function connection_offers(uuid, jsonb);
create function connection_offers(p_workspace text, p_id uuid, p_offers jsonb) returns jsonb
language sql set search_path = public, pg_temp as $$
  update mcp_connections set offers = p_offers
  where id = p_id and workspace_id = p_workspace and offers is distinct from p_offers;
  select null::jsonb
$$;
comment on function connection_offers(text, uuid, jsonb) is 'patchbay: what a server offers beside tools: resources, prompts, completions, subscriptions';

drop function connection_era(uuid, jsonb);
create function connection_era(p_workspace text, p_id uuid, p_era jsonb) returns jsonb
language sql set search_path = public, pg_temp as $$
  update mcp_connections set era = p_era, era_at = now() where id = p_id and workspace_id = p_workspace;
  select null::jsonb
$$;
comment on function connection_era(text, uuid, jsonb) is 'patchbay: the protocol a server turned out to speak';

-- Rules end with their connection, so the audit names them here.
create or replace function connection_remove(p_workspace text, p_user text, p_id uuid) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  row mcp_connections;
  ended jsonb;
begin
  perform pg_advisory_xact_lock(hashtextextended('patchbay connections ' || p_workspace || p_user, 0));
  select coalesce(jsonb_agg(to_jsonb(r) order by r.created_at), '[]') into ended from rules r where r.connection_id = p_id;
  delete from mcp_connections where id = p_id and workspace_id = p_workspace and user_id = p_user returning * into row;
  if not found then return null; end if;
  perform audit(p_workspace, p_user, 'connection_removed',
    jsonb_build_object('connection', p_id, 'name', row.connection_name, 'card', row.mcp_type, 'rules', ended));
  return to_jsonb(row);
end $$;

create or replace function connections_forget(p_workspace text, p_actor text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  gone jsonb;
  ended jsonb;
begin
  select coalesce(jsonb_agg(to_jsonb(r) order by r.created_at), '[]') into ended
  from rules r join mcp_connections c on c.id = r.connection_id where c.workspace_id = p_workspace;
  with removed as (delete from mcp_connections where workspace_id = p_workspace returning *)
  select coalesce(jsonb_agg(to_jsonb(r)), '[]') into gone from removed r;
  if gone <> '[]' then
    perform audit(p_workspace, p_actor, 'connections_forgotten', jsonb_build_object('rules', ended, 'connections',
      (select jsonb_agg(jsonb_build_object('connection', one -> 'id', 'name', one -> 'connection_name', 'user', one -> 'user_id'))
        from jsonb_array_elements(gone) one)));
  end if;
  return gone;
end $$;

-- Watched resources.

create or replace function watch_add(
  p_id uuid, p_connection uuid, p_workspace text, p_user text, p_uri text, p_name text, p_channel text, p_thread text, p_limit integer
) returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare row mcp_watches;
begin
  -- Two presses at once must not both find the last free place.
  perform pg_advisory_xact_lock(hashtextextended('patchbay watches ' || p_workspace || p_user, 0));
  select * into row from mcp_watches
  where workspace_id = p_workspace and user_id = p_user
    and connection_id = p_connection and uri = p_uri and channel = p_channel and thread_ts = p_thread;
  if found then return to_jsonb(row); end if;
  if (select count(*) from mcp_watches where workspace_id = p_workspace and user_id = p_user) >= p_limit then
    raise exception 'You already hear of % resources, which is the most. Stop one of them first.', p_limit using errcode = 'PT429';
  end if;
  insert into mcp_watches (id, connection_id, workspace_id, user_id, uri, resource_name, channel, thread_ts)
  select p_id, c.id, p_workspace, p_user, p_uri, p_name, p_channel, p_thread
  from mcp_connections c where c.id = p_connection and c.workspace_id = p_workspace and c.user_id = p_user
  returning * into row;
  if not found then
    raise exception 'This connection is gone. Connect it anew with /mcp connect.' using errcode = 'PT404';
  end if;
  return to_jsonb(row);
exception when foreign_key_violation then
  raise exception 'This connection is gone. Connect it anew with /mcp connect.' using errcode = 'PT404';
end $$;

drop function watch_get(uuid);
create function watch_get(p_workspace text, p_user text, p_id uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select to_jsonb(w) from mcp_watches w where w.id = p_id and w.workspace_id = p_workspace and w.user_id = p_user
$$;
comment on function watch_get(text, text, uuid) is 'patchbay: one resource a person watches';

-- Runs.

-- Without what calls gave as files and images, which can be large.
create function run_events_bare(p_run uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(case when e.body ? 'files' then e.body || '{"files": [], "images": []}' else e.body end order by e.seq), '[]')
  from run_events e where e.run_id = p_run
$$;
comment on function run_events_bare(uuid) is 'patchbay: a run''s events as doors see them';

create function run_state(p_workspace text, p_run uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('id', r.id, 'events', run_events_bare(r.id)) from runs r where r.id = p_run and r.workspace_id = p_workspace
$$;
comment on function run_state(text, uuid) is 'patchbay: a workspace''s run, for who looks at it';

drop function run_read(uuid, integer, boolean);
create function run_read(p_run uuid, p_fence bigint, p_after integer) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('id', r.id, 'fence', r.fence, 'seq', r.last_seq, 'status', r.status,
    'events', (select coalesce(jsonb_agg(e.body order by e.seq), '[]')
      from run_events e where e.run_id = r.id and e.seq > p_after and e.seq <= r.last_seq))
  from runs r where r.id = p_run and r.fence = p_fence
$$;
comment on function run_read(uuid, bigint, integer) is 'patchbay: a run''s events after a seq, for the instance that holds it';

drop function runs_recent(text, text, integer);
create function runs_recent(p_workspace text, p_user text, p_limit integer) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'events', run_events_bare(r.id)) order by r.number desc), '[]')
  from (select id, number from runs where workspace_id = p_workspace and user_id = p_user order by number desc limit p_limit) r
$$;
comment on function runs_recent(text, text, integer) is 'patchbay: a person''s last runs, newest first';

alter table approvals add column risk text not null default 'destructive' check (risk in ('write', 'destructive'));
create index approvals_open on approvals (workspace_id, created_at) where status = 'pending';

create function approvals_stop(p_run uuid, p_by text) returns void
language plpgsql set search_path = public, pg_temp as $$
declare row approvals;
begin
  for row in
    update approvals set status = 'stopped', decided_by = p_by, decided_at = clock_timestamp()
    where run_id = p_run and status = 'pending' returning *
  loop
    perform audit(row.workspace_id, coalesce(p_by, 'patchbay'), 'approval_stopped',
      jsonb_build_object('approval', row.id, 'run', row.run_id, 'call', row.call_id, 'hash', row.hash, 'requester', row.requester));
  end loop;
end $$;
comment on function approvals_stop(uuid, text) is 'patchbay: nobody need decide any more';

create or replace function run_project(p_run uuid, p_event jsonb) returns void
language plpgsql set search_path = public, pg_temp as $$
declare
  run runs;
  judged jsonb;
begin
  select * into run from runs where id = p_run;
  case p_event ->> 'type'
  when 'replied' then
    update runs set turns = turns + 1,
      input_tokens = input_tokens + (p_event #>> '{usage,input}')::bigint,
      output_tokens = output_tokens + (p_event #>> '{usage,output}')::bigint,
      cached_tokens = cached_tokens + (p_event #>> '{usage,cacheRead}')::bigint,
      cost_usd = cost_usd + (p_event ->> 'costUsd')::numeric
    where id = p_run;
  when 'summarised' then
    update runs set cost_usd = cost_usd + (p_event ->> 'costUsd')::numeric where id = p_run;
  when 'judged' then
    if p_event ? 'approval' then
      insert into approvals (id, run_id, call_id, workspace_id, requester, approvers, four_eyes, risk, hash, expires_at)
      values (p_event #>> '{approval,id}', run.id, p_event ->> 'call', run.workspace_id, run.user_id, p_event #> '{approval,approvers}',
        (p_event #>> '{approval,fourEyes}')::boolean, case when p_event ->> 'risk' in ('read', 'write') then 'write' else 'destructive' end, p_event ->> 'hash',
        (p_event #>> '{approval,expiresAt}')::timestamptz);
    end if;
  when 'asked_input' then
    -- What is asked of a run that has ended meanwhile is asked of nobody.
    insert into run_inputs (id, run_id, call_id, workspace_id, user_id, kind, live, status, expires_at)
    values (p_event ->> 'input', run.id, p_event ->> 'call', run.workspace_id, p_event ->> 'person', p_event #>> '{request,kind}',
      p_event #>> '{resume,how}' = 'live', case when run.outcome is null then 'pending' else 'over' end, (p_event ->> 'expiresAt')::timestamptz);
  when 'called' then
    perform inputs_over(p_run, p_event ->> 'call');
  when 'returned' then
    perform inputs_over(p_run, p_event ->> 'call');
    select body -> 'target' into judged from run_events
    where run_id = p_run and body ->> 'type' = 'judged' and body ->> 'call' = p_event ->> 'call' order by seq desc limit 1;
    if judged is not null and p_event ->> 'outcome' in ('ok', 'error', 'failed', 'cancelled', 'unknown') then
      insert into mcp_tool_usage (workspace_id, connection_id, run_id, tool_name, execution_time_ms, success, error_details)
      values (run.workspace_id, (judged ->> 'connection')::uuid, run.id, judged ->> 'tool', (p_event ->> 'ms')::numeric::integer,
        p_event ->> 'outcome' = 'ok', case when p_event ->> 'outcome' <> 'ok' then left(p_event ->> 'summary', 500) end);
      update mcp_connections set usage_count = usage_count + 1, last_used = now()
      where id = (judged ->> 'connection')::uuid and workspace_id = run.workspace_id;
    end if;
  when 'answered' then
    -- "Always allow" becomes a rule together with the answer, for the tool as it was defined on the card; not for a connection that is gone.
    if (p_event ->> 'always')::boolean then
      select body into judged from run_events
      where run_id = p_run and body ->> 'type' = 'judged' and body ->> 'call' = p_event ->> 'call' order by seq desc limit 1;
      if exists (select from mcp_connections
        where id = (judged #>> '{target,connection}')::uuid and workspace_id = run.workspace_id and user_id = run.user_id) then
        perform rule_add_always(run.workspace_id, run.user_id, (judged #>> '{target,connection}')::uuid, judged #>> '{target,tool}',
          judged ->> 'definition');
      end if;
    end if;
  when 'stopped' then
    perform approvals_stop(p_run, p_event ->> 'by');
    perform inputs_over(p_run, null);
    update runs set outcome = 'stopped' where id = p_run;
  when 'finished', 'failed' then
    perform approvals_stop(p_run, null);
    perform inputs_over(p_run, null);
    update runs set outcome = p_event ->> 'type' where id = p_run;
  else
    null;
  end case;
end $$;

create or replace function run_start(
  p_id uuid, p_workspace text, p_user text, p_lane text, p_dedupe text, p_events jsonb, p_instance text, p_lease_ms integer
) returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare
  known uuid;
  ahead uuid;
  taken bigint;
begin
  -- Starts in one conversation are put in order here; the lock also keeps a second delivery from racing the first.
  perform pg_advisory_xact_lock(hashtextextended('patchbay lane ' || p_lane, 0));
  select id into known from runs where dedupe_key = p_dedupe;
  if found then
    return jsonb_build_object('run', known, 'fresh', false, 'ahead', null, 'fence', null);
  end if;
  insert into workspaces (workspace_id) values (p_workspace) on conflict do nothing;
  insert into runs (id, workspace_id, user_id, lane, dedupe_key) values (p_id, p_workspace, p_user, p_lane, p_dedupe);
  perform run_put(p_id, p_events);
  select r.id into ahead from runs r where r.lane = p_lane and r.status <> 'closed' and r.id <> p_id order by r.number limit 1;
  if ahead is null and p_instance is not null then
    taken := run_take(p_id, p_instance, p_lease_ms);
  end if;
  -- The key of a repeat is again:<run> or again:<run>:<call>.
  if p_dedupe like 'again:%' then
    perform audit(p_workspace, p_user, 'run_repeated', jsonb_strip_nulls(jsonb_build_object('run', p_id,
      'repeats', split_part(p_dedupe, ':', 2), 'call', nullif(split_part(p_dedupe, ':', 3), ''))));
  end if;
  return jsonb_build_object('run', p_id, 'fresh', true, 'ahead', ahead, 'fence', taken);
end $$;

drop function run_stop(uuid, jsonb, text, integer);
create function run_stop(p_workspace text, p_run uuid, p_event jsonb, p_instance text, p_lease_ms integer) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  row runs;
  taken bigint;
begin
  select * into row from runs where id = p_run and workspace_id = p_workspace for update;
  if not found or row.status = 'closed' or row.outcome is not null then
    return jsonb_build_object('kind', 'over', 'fence', null);
  end if;
  perform run_put(p_run, jsonb_build_array(p_event));
  update runs set status = 'working' where id = p_run;
  taken := run_take(p_run, p_instance, p_lease_ms);
  perform audit(p_workspace, p_event ->> 'by', 'run_stopped', jsonb_build_object('run', p_run, 'requester', row.user_id));
  return jsonb_build_object('kind', 'stopped', 'fence', taken);
end $$;
comment on function run_stop(text, uuid, jsonb, text, integer) is 'patchbay: stops a run whoever holds it';

-- Approvals.

-- The same as deciders() in src/policy/decide.ts; a test compares the two.
create function may_decide(p_approval approvals, p_user text, p_approvers jsonb) returns boolean
language sql immutable set search_path = public, pg_temp as $$
  select case
    when p_approval.four_eyes then p_user <> p_approval.requester and p_approvers ? p_user
    when p_approval.risk = 'destructive' and p_approvers <> '[]' then p_approvers ? p_user
    else p_user = p_approval.requester or p_approvers ? p_user
  end
$$;
comment on function may_decide(approvals, text, jsonb) is 'patchbay: whether a person may decide an approval, with these approvers';

drop function approvals_pending(text);
create function approvals_pending(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  with approvers as (select approvers_of(p_workspace) as named),
  open as (
    select a.* from approvals a, approvers
    where a.workspace_id = p_workspace and a.status = 'pending' and a.expires_at > now() and may_decide(a, p_user, approvers.named)
    order by a.created_at limit 40
  )
  select coalesce(jsonb_agg(jsonb_build_object('run', run_id, 'call', call_id, 'events', run_events_bare(run_id)) order by created_at), '[]')
  from open
$$;
comment on function approvals_pending(text, text) is 'patchbay: the open approvals a person may decide, oldest first, with their runs';

drop function approval_run(text);
create function approval_run(p_workspace text, p_id text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('run', run_id, 'call', call_id, 'events', run_events_bare(run_id))
  from approvals where id = p_id and workspace_id = p_workspace
$$;
comment on function approval_run(text, text) is 'patchbay: the run and call an approval is about';

drop function approval_decide(text, text, text, text, jsonb, text, integer);
-- Who may decide is the caller's question, asked again at click time; that it settles once is settled here.
create function approval_decide(
  p_workspace text, p_id text, p_status text, p_by text, p_reason text, p_event jsonb, p_instance text, p_lease_ms integer
) returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare
  row approvals;
  event jsonb := p_event;
  verdict text := p_status;
begin
  select * into row from approvals where id = p_id and workspace_id = p_workspace;
  if not found then return jsonb_build_object('kind', 'gone'); end if;
  -- The run's row is always locked before the approval's, as in every other function here.
  perform from runs where id = row.run_id for update;
  select * into row from approvals where id = p_id for update;
  if row.status = 'pending' and row.expires_at <= clock_timestamp() and p_status <> 'expired' then
    verdict := 'expired';
    event := jsonb_build_object('type', 'answered', 'call', row.call_id, 'approval', row.id, 'decision', 'expired', 'at', p_event -> 'at');
  end if;
  if row.status <> 'pending' then
    return jsonb_build_object('kind', 'already', 'run', row.run_id, 'decision', row.status, 'by', row.decided_by, 'at', row.decided_at);
  end if;
  update approvals set status = verdict, decided_by = case when verdict = p_status then p_by end, decided_at = clock_timestamp(),
    reason = case when verdict = p_status then p_reason end where id = p_id returning * into row;
  perform run_put(row.run_id, jsonb_build_array(event));
  update runs set status = 'working' where id = row.run_id and status = 'resting';
  -- An edited call has another hash than the one that was asked about; what goes out is what counts.
  perform audit(row.workspace_id, coalesce(row.decided_by, 'patchbay'), 'approval_' || verdict,
    jsonb_strip_nulls(jsonb_build_object('approval', row.id, 'run', row.run_id, 'call', row.call_id, 'requester', row.requester,
      'hash', coalesce(event ->> 'hash', row.hash), 'asked_hash', case when event ? 'hash' then row.hash end,
      'always', event -> 'always', 'reason', row.reason)));
  return jsonb_build_object('kind', case when verdict = p_status then 'settled' else 'already' end, 'run', row.run_id,
    'decision', verdict, 'by', row.decided_by, 'at', row.decided_at,
    'fence', case when p_instance is not null then run_take(row.run_id, p_instance, p_lease_ms) end);
end $$;
comment on function approval_decide(text, text, text, text, text, jsonb, text, integer) is 'patchbay: one compare-and-swap on pending; the winner also claims the run';

create or replace function approval_expire(p_at text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare due record;
begin
  select id, call_id, workspace_id into due from approvals where status = 'pending' and expires_at <= clock_timestamp() order by expires_at limit 1;
  if not found then return to_jsonb(false); end if;
  perform approval_decide(due.workspace_id, due.id, 'expired', null, null,
    jsonb_build_object('type', 'answered', 'call', due.call_id, 'approval', due.id, 'decision', 'expired', 'at', p_at), null, 0);
  return to_jsonb(true);
end $$;

-- Whoever claims a reminder sends it; nobody else will. Rows another instance is claiming are left to it.
create or replace function approvals_remind(p_lead_ms integer) returns jsonb
language sql set search_path = public, pg_temp as $$
  with due as (
    select id from approvals
    where status = 'pending' and reminded_at is null and expires_at > clock_timestamp()
      and expires_at <= clock_timestamp() + p_lead_ms * interval '1 millisecond'
    order by expires_at limit 20 for update skip locked
  ),
  claimed as (update approvals a set reminded_at = clock_timestamp() from due where a.id = due.id returning a.id, a.workspace_id)
  select coalesce(jsonb_agg(jsonb_build_object('id', id, 'workspace', workspace_id)), '[]') from claimed
$$;

-- Questions.

drop function input_give(text, uuid, text, text, jsonb, text, integer);
-- Who may answer is written in the row; that it settles once is settled here, as with approvals.
create function input_give(
  p_workspace text, p_id text, p_run uuid, p_by text, p_action text, p_event jsonb, p_instance text, p_lease_ms integer
) returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare
  row run_inputs;
  event jsonb := p_event;
  verdict text := p_action;
begin
  -- The run's row is always locked before the input's, as in every other function here.
  perform from runs where id = p_run and workspace_id = p_workspace for update;
  select * into row from run_inputs where id = p_id and run_id = p_run and workspace_id = p_workspace for update;
  if not found then return jsonb_build_object('kind', 'gone'); end if;
  if p_action <> 'expired' and p_by is distinct from row.user_id then
    return jsonb_build_object('kind', 'not_yours', 'person', row.user_id);
  end if;
  if row.status <> 'pending' then
    return jsonb_build_object('kind', 'already', 'run', row.run_id, 'action', row.status, 'by', row.given_by, 'at', row.given_at);
  end if;
  if row.expires_at <= clock_timestamp() and p_action <> 'expired' then
    verdict := 'expired';
    event := jsonb_build_object('type', 'given_input', 'call', row.call_id, 'input', row.id, 'action', 'expired', 'at', p_event -> 'at');
  end if;
  update run_inputs set status = verdict, given_by = case when verdict = p_action then p_by end, given_at = clock_timestamp()
  where id = p_id returning * into row;
  perform run_put(row.run_id, jsonb_build_array(event));
  update runs set status = 'working' where id = row.run_id and status = 'resting';
  perform audit(row.workspace_id, coalesce(row.given_by, 'patchbay'), 'input_' || verdict,
    jsonb_build_object('input', row.id, 'run', row.run_id, 'call', row.call_id, 'kind', row.kind));
  return jsonb_build_object('kind', case when verdict = p_action then 'settled' else 'already' end, 'run', row.run_id,
    'action', verdict, 'by', row.given_by, 'at', row.given_at,
    'fence', case when p_instance is not null then run_take(row.run_id, p_instance, p_lease_ms) end);
end $$;
comment on function input_give(text, text, uuid, text, text, jsonb, text, integer) is 'patchbay: one compare-and-swap on pending; the winner also claims the run';

create or replace function input_expire(p_at text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare due record;
begin
  select id, run_id, call_id, workspace_id into due from run_inputs where status = 'pending' and expires_at <= clock_timestamp() order by expires_at limit 1;
  if not found then return to_jsonb(false); end if;
  perform input_give(due.workspace_id, due.id, due.run_id, null, 'expired',
    jsonb_build_object('type', 'given_input', 'call', due.call_id, 'input', due.id, 'action', 'expired', 'at', p_at), null, 0);
  return to_jsonb(true);
end $$;

drop function input_run(text);
create function input_run(p_workspace text, p_id text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('run', run_id, 'call', call_id, 'input', id, 'events', run_events_bare(run_id))
  from run_inputs where id = p_id and workspace_id = p_workspace
$$;
comment on function input_run(text, text) is 'patchbay: the run and call an input is about';

create or replace function inputs_pending(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('run', run_id, 'call', call_id, 'input', id, 'events', run_events_bare(run_id))
    order by created_at), '[]')
  from (select * from run_inputs where workspace_id = p_workspace and user_id = p_user and status = 'pending' and expires_at > now()
    order by created_at limit 40) i
$$;

create or replace function inputs_remind(p_lead_ms integer) returns jsonb
language sql set search_path = public, pg_temp as $$
  with due as (
    -- What a server waits for on the wire is a matter of minutes.
    select id from run_inputs
    where status = 'pending' and not live and reminded_at is null and expires_at > clock_timestamp()
      and expires_at <= clock_timestamp() + p_lead_ms * interval '1 millisecond'
    order by expires_at limit 20 for update skip locked
  ),
  claimed as (update run_inputs i set reminded_at = clock_timestamp() from due where i.id = due.id returning i.id, i.workspace_id)
  select coalesce(jsonb_agg(jsonb_build_object('id', id, 'workspace', workspace_id)), '[]') from claimed
$$;

create or replace function schema_version() returns jsonb language sql immutable set search_path = public, pg_temp as
  $$ select '"20261128000018"'::jsonb $$;
select patchbay_seal();
