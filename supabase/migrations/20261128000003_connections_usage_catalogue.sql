-- Supabase keeps its extensions in a schema of this name.
create schema if not exists extensions;
create extension if not exists pg_trgm with schema extensions;

create table patchbay.mcp_connections (
  id uuid primary key,
  workspace_id text not null,
  user_id text,
  connection_name text not null,
  mcp_type text not null,
  connection_config jsonb not null,
  credential_reference text,
  status text not null default 'connected' check (status in ('connected', 'failing', 'needs_sign_in')),
  status_reason text,
  tools_available jsonb not null default '[]',
  tools_hash text generated always as (md5(tools_available::text)) stored,
  unusable_tools jsonb not null default '[]',
  server_instructions text,
  server_features jsonb,
  protocol_era jsonb,
  protocol_era_at timestamptz,
  created_at timestamptz not null default now(),
  last_used timestamptz,
  usage_count bigint not null default 0
);
comment on table patchbay.mcp_connections is 'a person''s (user_id) or the workspace''s (null) link to one MCP server; the credential store keeps its secrets under credential_reference';
comment on column patchbay.mcp_connections.mcp_type is 'the run card it was made from: mcp_run_cards.mcp_type';
comment on column patchbay.mcp_connections.tools_hash is 'whoever has read tools with this hash need not read them again';
comment on column patchbay.mcp_connections.unusable_tools is 'tools that the server lists and Patchbay cannot use: [{tool, why}]';
comment on column patchbay.mcp_connections.server_instructions is 'what the server says about its own use; untrusted';
comment on column patchbay.mcp_connections.server_features is 'what the server offers beside tools: resources, prompts, completions, subscriptions';
comment on column patchbay.mcp_connections.protocol_era is 'the protocol revision the server turned out to speak';
create unique index mcp_connections_name on patchbay.mcp_connections (workspace_id, coalesce(user_id, ''), lower(connection_name));
alter table patchbay.mcp_connections enable row level security;

create function patchbay.connections_of(p_workspace text, p_user text, p_known jsonb) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(case when p_known ? c.tools_hash then to_jsonb(c) - 'tools_available' else to_jsonb(c) end
    order by lower(c.connection_name)), '[]')
  from mcp_connections c where c.workspace_id = p_workspace and c.user_id = p_user
$$;
comment on function patchbay.connections_of(text, text, jsonb) is 'a person''s connections by name; without the tools whose hashes are known';

create function patchbay.connections_in(p_workspace text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(to_jsonb(c) order by c.created_at), '[]') from mcp_connections c where c.workspace_id = p_workspace
$$;
comment on function patchbay.connections_in(text) is 'all connections of a workspace';

create function patchbay.connection_by_name(p_workspace text, p_user text, p_name text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select to_jsonb(c) from mcp_connections c
  where c.workspace_id = p_workspace and coalesce(c.user_id, '') = p_user and lower(c.connection_name) = lower(p_name)
$$;
comment on function patchbay.connection_by_name(text, text, text) is 'one connection of a person by its name';

create function patchbay.connection_get(p_workspace text, p_id uuid) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select to_jsonb(c) from mcp_connections c where c.id = p_id and c.workspace_id = p_workspace
$$;
comment on function patchbay.connection_get(text, uuid) is 'one connection of a workspace';

create function patchbay.connection_add(
  p_workspace text, p_user text, p_id uuid, p_name text, p_card text, p_config jsonb, p_credential text,
  p_tools jsonb, p_unusable jsonb, p_instructions text, p_features jsonb, p_era jsonb, p_limit integer
) returns jsonb language plpgsql set search_path = patchbay, pg_temp as $$
declare row mcp_connections;
begin
  -- Two submissions at once must not both find the last free place.
  perform pg_advisory_xact_lock(hashtextextended('patchbay connections ' || p_workspace || p_user, 0));
  if (select count(*) from mcp_connections where workspace_id = p_workspace and user_id = p_user) >= p_limit then
    raise exception 'You already have % connections, which is the most here. Disconnect one you no longer need, then connect again.', p_limit
      using errcode = 'PT429';
  end if;
  insert into mcp_connections (id, workspace_id, user_id, connection_name, mcp_type, connection_config, credential_reference,
    tools_available, unusable_tools, server_instructions, server_features, protocol_era, protocol_era_at)
  values (p_id, p_workspace, p_user, p_name, p_card, p_config, p_credential, p_tools, p_unusable, p_instructions, p_features, p_era, now())
  returning * into row;
  perform audit_append(p_workspace, p_user, 'connection_added', jsonb_build_object('connection', p_id, 'name', p_name, 'card', p_card));
  return to_jsonb(row);
exception when unique_violation then
  raise exception 'You already have a connection called "%". Choose another name.', p_name using errcode = 'PT410';
end $$;
comment on function patchbay.connection_add(text, text, uuid, text, text, jsonb, text, jsonb, jsonb, text, jsonb, jsonb, integer) is 'saves a connection that was tested, with all its server said';

-- The registry entry a connection was made from stays with it, whatever else is filled in again.
create function patchbay.connection_replace(
  p_workspace text, p_user text, p_id uuid, p_config jsonb, p_credential text,
  p_tools jsonb, p_unusable jsonb, p_instructions text, p_features jsonb, p_era jsonb
) returns jsonb language plpgsql set search_path = patchbay, pg_temp as $$
declare row mcp_connections;
begin
  -- The same lock as in connection_saved, which waits for a save whose answer was lost.
  perform pg_advisory_xact_lock(hashtextextended('patchbay connections ' || p_workspace || p_user, 0));
  update mcp_connections set
    connection_config = p_config || jsonb_strip_nulls(jsonb_build_object('entry', connection_config -> 'entry')),
    credential_reference = p_credential, tools_available = p_tools, unusable_tools = p_unusable, server_instructions = p_instructions,
    server_features = p_features, protocol_era = p_era, protocol_era_at = now(), status = 'connected', status_reason = null
  where id = p_id and workspace_id = p_workspace and user_id = p_user returning * into row;
  if not found then
    raise exception 'This connection is gone. Connect it anew with /mcp connect.' using errcode = 'PT404';
  end if;
  perform audit_append(p_workspace, p_user, 'connection_replaced',
    jsonb_build_object('connection', p_id, 'name', row.connection_name, 'card', row.mcp_type));
  return to_jsonb(row);
end $$;
comment on function patchbay.connection_replace(text, text, uuid, jsonb, text, jsonb, jsonb, text, jsonb, jsonb) is 'new inputs after a reconnect that worked, with all its server said';

create function patchbay.connection_saved(p_workspace text, p_user text, p_id uuid) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  -- A save of the same person may still be under way; after the lock its result is final.
  perform pg_advisory_xact_lock(hashtextextended('patchbay connections ' || p_workspace || p_user, 0));
  return (select to_jsonb(c) from mcp_connections c where c.id = p_id and c.workspace_id = p_workspace and c.user_id = p_user);
end $$;
comment on function patchbay.connection_saved(text, text, uuid) is 'what became of a save whose answer was lost';

create function patchbay.connection_set_status(p_workspace text, p_id uuid, p_status text, p_reason text) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  update mcp_connections set status = p_status, status_reason = p_reason
  where id = p_id and workspace_id = p_workspace and (status, status_reason) is distinct from (p_status, p_reason);
  select null::jsonb
$$;
comment on function patchbay.connection_set_status(text, uuid, text, text) is 'whether a connection works';

create function patchbay.connection_save_server_info(p_workspace text, p_id uuid, p_tools jsonb, p_unusable jsonb, p_instructions text, p_features jsonb) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  update mcp_connections set tools_available = p_tools, unusable_tools = p_unusable, server_instructions = p_instructions,
    server_features = coalesce(p_features, server_features)
  where id = p_id and workspace_id = p_workspace
    and (tools_available, unusable_tools, server_instructions, server_features)
      is distinct from (p_tools, p_unusable, p_instructions, coalesce(p_features, server_features));
  select null::jsonb
$$;
comment on function patchbay.connection_save_server_info(text, uuid, jsonb, jsonb, text, jsonb) is 'what a connection''s server says of itself now; null features leave what was known of them';

create function patchbay.connection_save_features(p_workspace text, p_id uuid, p_features jsonb) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  update mcp_connections set server_features = p_features
  where id = p_id and workspace_id = p_workspace and server_features is distinct from p_features;
  select null::jsonb
$$;
comment on function patchbay.connection_save_features(text, uuid, jsonb) is 'what a server offers beside tools';

create function patchbay.connection_save_era(p_workspace text, p_id uuid, p_era jsonb) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  update mcp_connections set protocol_era = p_era, protocol_era_at = now() where id = p_id and workspace_id = p_workspace;
  select null::jsonb
$$;
comment on function patchbay.connection_save_era(text, uuid, jsonb) is 'the protocol revision a server turned out to speak';

-- Rules end with their connection, so the audit names them here.
create function patchbay.connection_remove(p_workspace text, p_user text, p_id uuid) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row mcp_connections;
  ended jsonb;
begin
  perform pg_advisory_xact_lock(hashtextextended('patchbay connections ' || p_workspace || p_user, 0));
  select coalesce(jsonb_agg(to_jsonb(r) order by r.created_at), '[]') into ended from rules r where r.connection_id = p_id;
  delete from mcp_connections where id = p_id and workspace_id = p_workspace and user_id = p_user returning * into row;
  if not found then return null; end if;
  perform audit_append(p_workspace, p_user, 'connection_removed',
    jsonb_build_object('connection', p_id, 'name', row.connection_name, 'card', row.mcp_type, 'rules', ended));
  return to_jsonb(row);
end $$;
comment on function patchbay.connection_remove(text, text, uuid) is 'removes a person''s own connection';

create function patchbay.connections_remove_all(p_workspace text, p_actor text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  gone jsonb;
  ended jsonb;
begin
  select coalesce(jsonb_agg(to_jsonb(r) order by r.created_at), '[]') into ended
  from rules r join mcp_connections c on c.id = r.connection_id where c.workspace_id = p_workspace;
  with removed as (delete from mcp_connections where workspace_id = p_workspace returning *)
  select coalesce(jsonb_agg(to_jsonb(r)), '[]') into gone from removed r;
  if gone <> '[]' then
    perform audit_append(p_workspace, p_actor, 'connections_removed', jsonb_build_object('rules', ended, 'connections',
      (select jsonb_agg(jsonb_build_object('connection', one -> 'id', 'name', one -> 'connection_name', 'user', one -> 'user_id'))
        from jsonb_array_elements(gone) one)));
  end if;
  return gone;
end $$;
comment on function patchbay.connections_remove_all(text, text) is 'removes all connections of a workspace that the app left';

create table patchbay.mcp_tool_usage (
  id bigint generated always as identity primary key,
  workspace_id text not null,
  connection_id uuid,
  run_id uuid,
  agent_id text not null default 'default',
  tool_name text not null,
  execution_time_ms double precision not null,
  success boolean not null,
  error_details jsonb,
  tokens_saved integer not null default 0,
  executed_at timestamptz not null default now()
);
comment on table patchbay.mcp_tool_usage is 'one row per tool call that returned; outlives its connection, and is kept as long as runs are';
comment on column patchbay.mcp_tool_usage.error_details is '{cause: how the call ended, code: what the failure is called, words: one line for people}';
create index mcp_tool_usage_connection on patchbay.mcp_tool_usage (connection_id, executed_at desc);
create index mcp_tool_usage_month on patchbay.mcp_tool_usage (workspace_id, executed_at);
alter table patchbay.mcp_tool_usage enable row level security;

-- A browser that returns from an authorization server may reach any instance, so the sign-in it belongs to is a row.
create table patchbay.sign_ins (
  state_hash text primary key,
  workspace_id text not null,
  user_id text not null,
  connection_id uuid not null,
  details jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);
comment on table patchbay.sign_ins is 'OAuth sign-ins under way, by the hash of their state parameter; each is taken once';
create index sign_ins_expiry on patchbay.sign_ins (expires_at);
alter table patchbay.sign_ins enable row level security;

create function patchbay.sign_in_begin(p_state_hash text, p_workspace text, p_user text, p_connection uuid, p_details jsonb, p_ttl_ms integer)
returns jsonb language plpgsql set search_path = patchbay, pg_temp as $$
declare dropped jsonb;
begin
  with gone as (
    delete from sign_ins where expires_at < clock_timestamp() - interval '1 hour' returning state_hash
  )
  select coalesce(jsonb_agg(state_hash), '[]') into dropped from gone;
  insert into sign_ins (state_hash, workspace_id, user_id, connection_id, details, expires_at)
  values (p_state_hash, p_workspace, p_user, p_connection, p_details, clock_timestamp() + p_ttl_ms * interval '1 millisecond');
  return dropped;
end $$;
comment on function patchbay.sign_in_begin(text, text, text, uuid, jsonb, integer) is 'saves a sign-in that begins; returns the expired ones it deletes, whose secrets can go';

create function patchbay.sign_in_take(p_state_hash text) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  with taken as (delete from sign_ins where state_hash = p_state_hash returning *)
  select (select to_jsonb(t) || jsonb_build_object('late', t.expires_at < clock_timestamp()) from taken t)
$$;
comment on function patchbay.sign_in_take(text) is 'takes a sign-in, once; null when it was taken before or never begun';

-- Not a column of the connection: a sign-in needs the lease before there is one.
create table patchbay.token_refresh_leases (
  connection_id uuid primary key,
  owner text not null,
  lease_until timestamptz not null
);
comment on table patchbay.token_refresh_leases is 'which instance may refresh a connection''s tokens now; a rotating refresh token can be used once';
alter table patchbay.token_refresh_leases enable row level security;

create function patchbay.token_refresh_claim(p_connection uuid, p_owner text, p_ms integer) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  with mine as (
    insert into token_refresh_leases (connection_id, owner, lease_until)
    values (p_connection, p_owner, clock_timestamp() + p_ms * interval '1 millisecond')
    on conflict (connection_id) do update set owner = excluded.owner, lease_until = excluded.lease_until
    where token_refresh_leases.lease_until < clock_timestamp()
    returning 1
  )
  select to_jsonb(exists (select from mine))
$$;
comment on function patchbay.token_refresh_claim(uuid, text, integer) is 'the lease to refresh a connection''s tokens; false while another owner has it';

create function patchbay.token_refresh_release(p_connection uuid, p_owner text) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  delete from token_refresh_leases where connection_id = p_connection and owner = p_owner;
  select null::jsonb
$$;
comment on function patchbay.token_refresh_release(uuid, text) is 'gives the lease back';

create table patchbay.resource_subscriptions (
  id uuid primary key,
  connection_id uuid not null references patchbay.mcp_connections (id) on delete cascade,
  workspace_id text not null,
  user_id text not null,
  uri text not null,
  resource_name text not null,
  channel text not null,
  thread_ts text not null,
  created_at timestamptz not null default now(),
  changed_at timestamptz,
  notified_at timestamptz,
  owner text,
  lease_until timestamptz,
  unique (connection_id, uri, channel, thread_ts)
);
comment on table patchbay.resource_subscriptions is 'a resource whose changes are posted in a thread; one instance (owner) listens at a time, changed_at is a change not posted yet';
create index resource_subscriptions_person on patchbay.resource_subscriptions (workspace_id, user_id);
alter table patchbay.resource_subscriptions enable row level security;

create function patchbay.resource_subscription_add(
  p_id uuid, p_connection uuid, p_workspace text, p_user text, p_uri text, p_name text, p_channel text, p_thread text, p_limit integer
) returns jsonb language plpgsql set search_path = patchbay, pg_temp as $$
declare row resource_subscriptions;
begin
  -- Two presses at once must not both find the last free place.
  perform pg_advisory_xact_lock(hashtextextended('patchbay subscriptions ' || p_workspace || p_user, 0));
  select * into row from resource_subscriptions
  where workspace_id = p_workspace and user_id = p_user
    and connection_id = p_connection and uri = p_uri and channel = p_channel and thread_ts = p_thread;
  if found then return to_jsonb(row); end if;
  if (select count(*) from resource_subscriptions where workspace_id = p_workspace and user_id = p_user) >= p_limit then
    raise exception 'You already hear of % resources, which is the most. Stop one of them first.', p_limit using errcode = 'PT429';
  end if;
  insert into resource_subscriptions (id, connection_id, workspace_id, user_id, uri, resource_name, channel, thread_ts)
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
comment on function patchbay.resource_subscription_add(uuid, uuid, text, text, text, text, text, text, integer) is 'posts changes of a resource in a thread from now on';

create function patchbay.resource_subscription_get(p_workspace text, p_user text, p_id uuid) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select to_jsonb(s) from resource_subscriptions s where s.id = p_id and s.workspace_id = p_workspace and s.user_id = p_user
$$;
comment on function patchbay.resource_subscription_get(text, text, uuid) is 'one subscription of a person';

create function patchbay.resource_subscription_remove(p_workspace text, p_user text, p_id uuid) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row resource_subscriptions;
begin
  delete from resource_subscriptions where id = p_id and workspace_id = p_workspace and user_id = p_user returning * into row;
  if not found then return null; end if;
  return to_jsonb(row);
end $$;
comment on function patchbay.resource_subscription_remove(text, text, uuid) is 'ends a person''s own subscription';

create function patchbay.resource_subscriptions_claim(p_owner text, p_lease_ms integer, p_most integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare claimed jsonb;
begin
  -- All subscriptions of a connection belong to one instance, which locks on single rows could not ensure.
  perform pg_advisory_xact_lock(hashtextextended('patchbay subscription owners', 0));
  with owners as (
    select connection_id, bool_or(owner = p_owner and lease_until > clock_timestamp()) as mine,
      bool_or(lease_until > clock_timestamp()) as leased
    from resource_subscriptions group by connection_id
  ),
  chosen as (select connection_id from owners where mine or leased is not true order by mine desc nulls last limit p_most),
  taken as (
    update resource_subscriptions s set owner = p_owner, lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
    from chosen where s.connection_id = chosen.connection_id returning s.*
  )
  select coalesce(jsonb_agg(to_jsonb(taken) order by created_at), '[]') into claimed from taken;
  return claimed;
end $$;
comment on function patchbay.resource_subscriptions_claim(text, integer, integer) is 'claims or renews the connections whose resources this instance listens to';

create function patchbay.resource_subscriptions_release(p_owner text) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  update resource_subscriptions set owner = null, lease_until = null where owner = p_owner;
  select null::jsonb
$$;
comment on function patchbay.resource_subscriptions_release(text) is 'gives back what an instance listened to';

create function patchbay.resource_subscription_changed(p_connection uuid, p_uri text) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  update resource_subscriptions set changed_at = clock_timestamp()
  where connection_id = p_connection and uri = p_uri and changed_at is null;
  select null::jsonb
$$;
comment on function patchbay.resource_subscription_changed(uuid, text) is 'records a change that is to be posted';

-- Whoever claims a change posts it; a subscription is quiet for a while after each post, and then posts once for all changes meanwhile.
create function patchbay.resource_changes_claim(p_owner text, p_quiet_ms integer) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  with due as (
    select id from resource_subscriptions
    where owner = p_owner and changed_at is not null
      and (notified_at is null or notified_at <= clock_timestamp() - p_quiet_ms * interval '1 millisecond')
    order by changed_at limit 20 for update skip locked
  ),
  claimed as (
    update resource_subscriptions s set notified_at = clock_timestamp(), changed_at = null from due where s.id = due.id returning s.*
  )
  select coalesce(jsonb_agg(to_jsonb(claimed)), '[]') from claimed
$$;
comment on function patchbay.resource_changes_claim(text, integer) is 'claims the changes that are to be posted now, each once';

create table patchbay.mcp_run_cards (
  card_name text primary key,
  mcp_type text not null,
  source text not null check (source in ('curated', 'registry')),
  title text not null default '',
  description text not null default '',
  config_template jsonb,
  required_credentials jsonb not null default '[]',
  available_tools jsonb not null default '[]',
  popularity_score bigint not null default 0,
  created_by text not null,
  is_public boolean not null default true,
  version text not null default '',
  status text not null default 'active' check (status in ('active', 'deprecated')),
  verified boolean not null default false,
  search_text text not null default '',
  search_names text not null generated always as (title || ' ' || split_part(card_name, '/', 2)) stored,
  updated_at timestamptz,
  seen_at timestamptz not null default clock_timestamp(),
  check (source = 'curated' or config_template is not null)
);
comment on table patchbay.mcp_run_cards is 'what people may connect: our own run cards (curated, saved at each start) and the entries of an MCP registry; popularity_score counts connections made';
comment on column patchbay.mcp_run_cards.mcp_type is 'what connections made from it carry in mcp_connections.mcp_type';
comment on column patchbay.mcp_run_cards.config_template is 'how a connection is made: server and inputs of a card, or the whole registry entry';
comment on column patchbay.mcp_run_cards.required_credentials is 'what a person must bring: [{kind: secret, name, label}] or [{kind: sign_in}]';
comment on column patchbay.mcp_run_cards.available_tools is 'tools that a card knows: [{name, class}]; a registry lists none';
comment on column patchbay.mcp_run_cards.created_by is 'patchbay, or the namespace that published a registry entry';
alter table patchbay.mcp_run_cards enable row level security;

create table patchbay.mcp_registry_syncs (
  url text primary key,
  owner text,
  lease_until timestamptz,
  claimed_at timestamptz,
  next_sync_at timestamptz not null default '-infinity',
  changes_since timestamptz,
  full_sync_at timestamptz,
  synced_at timestamptz,
  failures integer not null default 0
);
comment on table patchbay.mcp_registry_syncs is 'one row per MCP registry; the instance that owns the lease reads what changed since the last sync, and now and then everything';
alter table patchbay.mcp_registry_syncs enable row level security;

-- A registry entry's name holds a slash, a card's never; an entry that left the registry is not counted.
create function patchbay.run_card_count_connection() returns trigger language plpgsql set search_path = patchbay, pg_temp as $$
begin
  if position('/' in new.mcp_type) = 0 then
    insert into mcp_run_cards (card_name, mcp_type, source, popularity_score, created_by) values (new.mcp_type, new.mcp_type, 'curated', 1, 'patchbay')
    on conflict (card_name) do update set popularity_score = mcp_run_cards.popularity_score + 1;
  else
    update mcp_run_cards set popularity_score = popularity_score + 1 where card_name = new.mcp_type;
  end if;
  return null;
end $$;
comment on function patchbay.run_card_count_connection() is 'counts how often a card is connected';
create trigger mcp_connections_counted after insert on patchbay.mcp_connections
  for each row execute function patchbay.run_card_count_connection();

create function patchbay.run_cards_save_curated(p_cards jsonb) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  insert into mcp_run_cards (card_name, mcp_type, source, title, description, config_template, required_credentials, available_tools, created_by, updated_at)
  select c ->> 'name', c ->> 'name', 'curated', c ->> 'title', c ->> 'description', c -> 'config', c -> 'credentials', c -> 'tools', 'patchbay', now()
  from jsonb_array_elements(p_cards) c order by 1
  on conflict (card_name) do update set title = excluded.title, description = excluded.description, config_template = excluded.config_template,
    required_credentials = excluded.required_credentials, available_tools = excluded.available_tools, status = 'active', updated_at = excluded.updated_at
  where (mcp_run_cards.title, mcp_run_cards.description, mcp_run_cards.config_template, mcp_run_cards.required_credentials,
      mcp_run_cards.available_tools, mcp_run_cards.status)
    is distinct from (excluded.title, excluded.description, excluded.config_template, excluded.required_credentials, excluded.available_tools, 'active');
  update mcp_run_cards set status = 'deprecated'
  where source = 'curated' and status = 'active' and card_name not in (select c ->> 'name' from jsonb_array_elements(p_cards) c);
  return null;
end $$;
comment on function patchbay.run_cards_save_curated(jsonb) is 'brings our own run cards up to date, keeping how often each was connected';

create function patchbay.registry_sync_claim(p_url text, p_owner text, p_lease_ms integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row mcp_registry_syncs;
begin
  insert into mcp_registry_syncs (url) values (p_url) on conflict do nothing;
  update mcp_registry_syncs set owner = p_owner, claimed_at = clock_timestamp(),
    lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
  where url = p_url and next_sync_at <= clock_timestamp() and (lease_until is null or lease_until < clock_timestamp())
  returning * into row;
  if not found then return null; end if;
  return jsonb_build_object(
    'changes_since', row.changes_since, 'failures', row.failures,
    'full_sync_age_ms', floor(extract(epoch from clock_timestamp() - row.full_sync_at) * 1000)
  );
end $$;
comment on function patchbay.registry_sync_claim(text, text, integer) is 'the lease to read a registry when a sync is due; null when none is, or when another instance has it';

create function patchbay.registry_sync_save_page(p_url text, p_owner text, p_lease_ms integer, p_rows jsonb, p_gone jsonb) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  update mcp_registry_syncs set lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
  where url = p_url and owner = p_owner and lease_until >= clock_timestamp();
  if not found then return 'false'::jsonb; end if;
  insert into mcp_run_cards (card_name, mcp_type, source, title, description, config_template, required_credentials, created_by,
    version, status, verified, search_text, updated_at, seen_at)
  select r -> 'entry' ->> 'name', r -> 'entry' ->> 'name', 'registry', r -> 'entry' ->> 'title', r -> 'entry' ->> 'description', r -> 'entry',
    (select coalesce(jsonb_agg(jsonb_build_object('kind', 'secret', 'name', i -> 'name', 'label', i -> 'label')), '[]')
      from jsonb_array_elements(r -> 'entry' -> 'inputs') i where (i -> 'secret')::boolean and (i -> 'required')::boolean),
    split_part(r -> 'entry' ->> 'name', '/', 1),
    r -> 'entry' ->> 'version', r ->> 'status', (r ->> 'verified')::boolean, r ->> 'searchText', (r ->> 'updatedAt')::timestamptz, clock_timestamp()
  from jsonb_array_elements(p_rows) r
  on conflict (card_name) do update set
    title = excluded.title, description = excluded.description, config_template = excluded.config_template,
    required_credentials = excluded.required_credentials, version = excluded.version, status = excluded.status,
    verified = excluded.verified, search_text = excluded.search_text,
    updated_at = excluded.updated_at, seen_at = excluded.seen_at
  where mcp_run_cards.source = 'registry';
  delete from mcp_run_cards where source = 'registry' and card_name in (select jsonb_array_elements_text(p_gone));
  return 'true'::jsonb;
end $$;
comment on function patchbay.registry_sync_save_page(text, text, integer, jsonb, jsonb) is 'saves a page of a registry and renews the lease; false when another instance has it now';

create function patchbay.registry_sync_finish(p_url text, p_owner text, p_since timestamptz, p_full boolean, p_again_ms integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row mcp_registry_syncs;
begin
  update mcp_registry_syncs set changes_since = p_since, synced_at = clock_timestamp(), failures = 0, owner = null, lease_until = null,
    full_sync_at = case when p_full then claimed_at else full_sync_at end,
    next_sync_at = clock_timestamp() + p_again_ms * interval '1 millisecond'
  where url = p_url and owner = p_owner returning * into row;
  if found and p_full then
    delete from mcp_run_cards where source = 'registry' and seen_at < row.claimed_at;
  end if;
  return to_jsonb(found);
end $$;
comment on function patchbay.registry_sync_finish(text, text, timestamptz, boolean, integer) is 'ends a sync; after a full one, entries that were not seen are deleted';

create function patchbay.registry_sync_postpone(p_url text, p_owner text, p_failures integer, p_again_ms integer) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  update mcp_registry_syncs set failures = p_failures, owner = null, lease_until = null,
    next_sync_at = clock_timestamp() + p_again_ms * interval '1 millisecond'
  where url = p_url and owner = p_owner;
  select null::jsonb
$$;
comment on function patchbay.registry_sync_postpone(text, text, integer, integer) is 'gives up a sync until later';

create function patchbay.run_card_get(p_name text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select jsonb_build_object('entry', config_template, 'status', status, 'verified', verified, 'popularity', popularity_score)
  from mcp_run_cards where card_name = p_name and source = 'registry'
$$;
comment on function patchbay.run_card_get(text) is 'one registry entry by its name';

-- The operators of pg_trgm are found when the function runs: the extension may already be in another schema.
set check_function_bodies = off;
-- Only candidates, which the app then ranks: rows in which each word is found, and rows whose names look alike.
-- The threshold lets through what the app calls a small typo: "wheater" and "weather" have 3 of 13 trigrams in common.
create function patchbay.run_cards_search(p_url text, p_workspace text, p_patterns jsonb, p_words jsonb, p_limit integer) returns jsonb
language sql stable set search_path = patchbay, extensions, pg_temp set pg_trgm.word_similarity_threshold = 0.23 as $$
  with fitting as (
    select c.card_name from mcp_run_cards c
    where c.source = 'registry' and c.search_text ~ all (array(select jsonb_array_elements_text(p_patterns)))
    order by c.search_names ~* all (array(select jsonb_array_elements_text(p_patterns))) desc, c.verified desc, c.popularity_score desc, c.card_name
    limit p_limit
  ),
  similar_names as (
    select c.card_name from jsonb_array_elements_text(p_words) word join mcp_run_cards c on word <% c.search_names
    where c.source = 'registry' and length(word) > 3 and (select count(*) from fitting) < p_limit
    group by c.card_name, c.popularity_score
    order by sum(word_similarity(word, c.search_names)) desc, c.popularity_score desc, c.card_name
    limit p_limit
  )
  select jsonb_build_object(
    'found', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'entry', c.config_template, 'status', c.status, 'verified', c.verified, 'popularity', c.popularity_score)), '[]')
      from mcp_run_cards c where c.card_name in (select card_name from fitting union select card_name from similar_names)
    ),
    'curated', (select coalesce(jsonb_object_agg(card_name, popularity_score), '{}') from mcp_run_cards where source = 'curated'),
    'in_workspace', (
      select coalesce(jsonb_object_agg(mcp_type, connections), '{}')
      from (select mcp_type, count(*) as connections from mcp_connections where workspace_id = p_workspace group by mcp_type) counted
    ),
    'synced', exists (select from mcp_registry_syncs where url = p_url and synced_at is not null)
  )
$$;
comment on function patchbay.run_cards_search(text, text, jsonb, jsonb, integer) is 'registry entries that may fit a search, and how often cards are connected';
reset check_function_bodies;

-- The index has no pending list, which would keep the planner from it until the next vacuum.
do $$
declare home text;
begin
  select n.nspname into strict home from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm';
  execute format('create index mcp_run_cards_names on patchbay.mcp_run_cards using gin (search_names %I.gin_trgm_ops) with (fastupdate = off)', home);
  execute format('alter function patchbay.run_cards_search(text, text, jsonb, jsonb, integer) set search_path = patchbay, %I, pg_temp', home);
  execute format('grant usage on schema %I to service_role', home);
end $$;

insert into patchbay.schema_versions (version, breaking) values ('20261128000003', false);
select patchbay.restrict_access();
