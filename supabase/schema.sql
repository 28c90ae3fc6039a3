-- Written by `npm run schema` from a migrated database; a test compares the two. Do not edit.

create table patchbay.agent_versions (
  agent_id uuid not null,
  version integer not null,
  definition jsonb not null,
  saved_at timestamp with time zone default clock_timestamp() not null,
  constraint agent_versions_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES patchbay.agents(id) ON DELETE CASCADE,
  constraint agent_versions_pkey PRIMARY KEY (agent_id, version)
);
comment on table patchbay.agent_versions is 'every definition an agent had; restoring one makes a new version';
alter table patchbay.agent_versions enable row level security;

create table patchbay.agents (
  id uuid not null,
  workspace_id text not null,
  user_id text not null,
  name_key text not null,
  definition jsonb not null,
  version integer default 1 not null,
  shared boolean default false not null,
  archived_at timestamp with time zone,
  created_at timestamp with time zone default clock_timestamp() not null,
  changed_at timestamp with time zone default clock_timestamp() not null,
  constraint agents_pkey PRIMARY KEY (id)
);
comment on table patchbay.agents is 'agents that people made; user_id owns one, shared offers it to the whole workspace';
alter table patchbay.agents enable row level security;

create table patchbay.approvals (
  id text not null,
  run_id uuid not null,
  call_id text not null,
  workspace_id text not null,
  requester text not null,
  approvers jsonb not null,
  four_eyes boolean default false not null,
  risk text not null,
  hash text not null,
  status text default 'pending'::text not null,
  decided_by text,
  decided_at timestamp with time zone,
  reason text,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone default now() not null,
  reminded_at timestamp with time zone,
  proposed_by text,
  proposal_hash text,
  needed integer,
  votes jsonb default '[]'::jsonb not null,
  constraint approvals_pkey PRIMARY KEY (id),
  constraint approvals_risk_check CHECK ((risk = ANY (ARRAY['write'::text, 'destructive'::text]))),
  constraint approvals_run_id_fkey FOREIGN KEY (run_id) REFERENCES patchbay.runs(id) ON DELETE CASCADE,
  constraint approvals_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'approved'::text, 'denied'::text, 'expired'::text, 'stopped'::text, 'withdrawn'::text])))
);
comment on table patchbay.approvals is 'a person''s decision on one call; settles exactly once';
alter table patchbay.approvals enable row level security;

create table patchbay.audit_anchors (
  workspace_id text not null,
  last_id bigint not null,
  hash text not null,
  pruned_at timestamp with time zone default clock_timestamp() not null,
  constraint audit_anchors_pkey PRIMARY KEY (workspace_id)
);
comment on table patchbay.audit_anchors is 'the newest audit row pruned in a workspace; the chain is checked from its hash on';
alter table patchbay.audit_anchors enable row level security;

create table patchbay.audit_events (
  id bigint generated always as identity not null,
  workspace_id text not null,
  actor text not null,
  action text not null,
  details jsonb default '{}'::jsonb not null,
  at timestamp with time zone default clock_timestamp() not null,
  previous_hash text not null,
  hash text not null,
  constraint audit_events_pkey PRIMARY KEY (id)
);
comment on table patchbay.audit_events is 'append-only; each row carries the hash of the one before in its workspace';
alter table patchbay.audit_events enable row level security;

create table patchbay.audit_people (
  workspace_id text not null,
  user_id text not null,
  person text not null,
  key text not null,
  constraint audit_people_pkey PRIMARY KEY (workspace_id, user_id),
  constraint audit_people_workspace_id_person_key UNIQUE (workspace_id, person)
);
comment on table patchbay.audit_people is 'who is who in the audit; a row goes when its person wants to be forgotten, and nothing else tells then';
alter table patchbay.audit_people enable row level security;

create table patchbay.audit_seals (
  workspace_id text not null,
  row_id bigint not null,
  hash text not null,
  row_at timestamp with time zone not null,
  mac text not null,
  sealed_at timestamp with time zone default clock_timestamp() not null,
  constraint audit_seals_pkey PRIMARY KEY (workspace_id)
);
comment on table patchbay.audit_seals is 'the newest audit row of a workspace that the app sealed; the key of mac lies in the credential store';
alter table patchbay.audit_seals enable row level security;

create table patchbay.channel_agents (
  workspace_id text not null,
  channel text not null,
  agent_id text,
  constraint channel_agents_pkey PRIMARY KEY (workspace_id, channel)
);
comment on table patchbay.channel_agents is 'which agent answers in a channel where nobody is named; null: one was offered and none is chosen';
alter table patchbay.channel_agents enable row level security;

create table patchbay.connect_submissions (
  submission_id uuid not null,
  workspace_id text not null,
  user_id text not null,
  view_id text not null,
  view_hash text not null,
  details jsonb not null,
  tries integer default 1 not null,
  created_at timestamp with time zone default clock_timestamp() not null,
  lease_until timestamp with time zone not null,
  constraint connect_submissions_pkey PRIMARY KEY (submission_id),
  constraint connect_submissions_workspace_id_view_id_view_hash_key UNIQUE (workspace_id, view_id, view_hash)
);
comment on table patchbay.connect_submissions is 'connect forms whose outcome the person has not been told yet; what was typed is in the credential store';
alter table patchbay.connect_submissions enable row level security;

create table patchbay.heard_messages (
  workspace_id text not null,
  channel text not null,
  ts text not null,
  conversation text not null,
  user_id text,
  author text not null,
  text text,
  edited_ts text default ''::text not null,
  heard_at timestamp with time zone default now() not null,
  constraint heard_messages_pkey PRIMARY KEY (workspace_id, channel, ts)
);
comment on table patchbay.heard_messages is 'messages in conversations with a run that asked for none when they came (an edit may do so later); text is null once the message is deleted, so that a late delivery does not bring it back';
alter table patchbay.heard_messages enable row level security;

create table patchbay.input_requests (
  id text not null,
  run_id uuid not null,
  call_id text not null,
  workspace_id text not null,
  user_id text not null,
  kind text not null,
  live boolean not null,
  status text default 'pending'::text not null,
  answered_by text,
  answered_at timestamp with time zone,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone default clock_timestamp() not null,
  reminded_at timestamp with time zone,
  constraint input_requests_pkey PRIMARY KEY (id),
  constraint input_requests_run_id_fkey FOREIGN KEY (run_id) REFERENCES patchbay.runs(id) ON DELETE CASCADE,
  constraint input_requests_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'accept'::text, 'decline'::text, 'cancel'::text, 'expired'::text, 'over'::text])))
);
comment on table patchbay.input_requests is 'what a server asked of a person during a call; settles exactly once, over = the call ended first, live = the server waits on the open request';
alter table patchbay.input_requests enable row level security;

create table patchbay.installations (
  workspace_id text not null,
  name text not null,
  enterprise boolean not null,
  bot_id text not null,
  bot_user_id text not null,
  installed_by text not null,
  credential_reference text not null,
  installed_at timestamp with time zone default clock_timestamp() not null,
  constraint installations_pkey PRIMARY KEY (workspace_id)
);
comment on table patchbay.installations is 'workspaces and, where enterprise is set, whole organizations that installed the app; the credential store keeps the token under credential_reference';
alter table patchbay.installations enable row level security;

create table patchbay.mcp_clear_connections (
  connection_id uuid not null,
  constraint mcp_clear_connections_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES patchbay.mcp_connections(id) ON DELETE CASCADE,
  constraint mcp_clear_connections_pkey PRIMARY KEY (connection_id)
);
comment on table patchbay.mcp_clear_connections is 'connections whose inputs may hold a key in the clear; the app moves it to the credential store at its next start';
alter table patchbay.mcp_clear_connections enable row level security;

create table patchbay.mcp_connections (
  id uuid not null,
  workspace_id text not null,
  user_id text,
  connection_name text not null,
  mcp_type text not null,
  connection_config jsonb not null,
  credential_reference text,
  status text default 'connected'::text not null,
  status_reason text,
  tools_available jsonb default '[]'::jsonb not null,
  tools_hash text generated always as (md5((tools_available)::text)) stored,
  unusable_tools jsonb default '[]'::jsonb not null,
  server_instructions text,
  server_features jsonb,
  protocol_era jsonb,
  protocol_era_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  last_used timestamp with time zone,
  usage_count bigint default 0 not null,
  listing_changes jsonb,
  constraint mcp_connections_pkey PRIMARY KEY (id),
  constraint mcp_connections_status_check CHECK ((status = ANY (ARRAY['connected'::text, 'failing'::text, 'needs_sign_in'::text])))
);
comment on table patchbay.mcp_connections is 'a person''s (user_id) or the workspace''s (W00) link to one MCP server; the credential store keeps its secrets under credential_reference';
alter table patchbay.mcp_connections enable row level security;

create table patchbay.mcp_registry_syncs (
  url text not null,
  owner text,
  lease_until timestamp with time zone,
  claimed_at timestamp with time zone,
  next_sync_at timestamp with time zone default '-infinity'::timestamp with time zone not null,
  changes_since timestamp with time zone,
  full_sync_at timestamp with time zone,
  synced_at timestamp with time zone,
  failures integer default 0 not null,
  constraint mcp_registry_syncs_pkey PRIMARY KEY (url)
);
comment on table patchbay.mcp_registry_syncs is 'one row per MCP registry; the instance that owns the lease reads what changed since the last sync, and now and then everything';
alter table patchbay.mcp_registry_syncs enable row level security;

create table patchbay.mcp_run_cards (
  card_name text not null,
  mcp_type text not null,
  source text not null,
  title text default ''::text not null,
  description text default ''::text not null,
  config_template jsonb,
  required_credentials jsonb default '[]'::jsonb not null,
  available_tools jsonb default '[]'::jsonb not null,
  popularity_score bigint default 0 not null,
  created_by text not null,
  is_public boolean default true not null,
  version text default ''::text not null,
  status text default 'active'::text not null,
  verified boolean default false not null,
  search_text text default ''::text not null,
  search_names text generated always as (((title || ' '::text) || split_part(card_name, '/'::text, 2))) stored not null,
  updated_at timestamp with time zone,
  seen_at timestamp with time zone default clock_timestamp() not null,
  workspace_id text,
  sharing text default 'own'::text not null,
  sharing_asked jsonb default '[]'::jsonb not null,
  constraint mcp_run_cards_check CHECK (((source = 'curated'::text) OR (config_template IS NOT NULL))),
  constraint mcp_run_cards_own_check CHECK (((source = ANY (ARRAY['saved'::text, 'imported'::text])) = (workspace_id IS NOT NULL))),
  constraint mcp_run_cards_pkey PRIMARY KEY (card_name),
  constraint mcp_run_cards_sharing_check CHECK ((sharing = ANY (ARRAY['own'::text, 'asked'::text, 'shared'::text, 'refused'::text]))),
  constraint mcp_run_cards_source_check CHECK ((source = ANY (ARRAY['curated'::text, 'registry'::text, 'saved'::text, 'imported'::text]))),
  constraint mcp_run_cards_status_check CHECK ((status = ANY (ARRAY['active'::text, 'deprecated'::text]))),
  constraint mcp_run_cards_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES patchbay.workspaces(workspace_id) ON DELETE CASCADE
);
comment on table patchbay.mcp_run_cards is 'what people may connect: our own run cards (curated, saved at each start), the entries of an MCP registry, cards that people saved in their workspace, and what they imported; popularity_score counts connections made';
alter table patchbay.mcp_run_cards enable row level security;

create table patchbay.mcp_tool_usage (
  id bigint generated always as identity not null,
  workspace_id text not null,
  connection_id uuid,
  run_id uuid,
  agent_id text default 'default'::text not null,
  tool_name text not null,
  execution_time_ms double precision not null,
  success boolean not null,
  error_details jsonb,
  tokens_saved integer default 0 not null,
  executed_at timestamp with time zone default now() not null,
  constraint mcp_tool_usage_pkey PRIMARY KEY (id)
);
comment on table patchbay.mcp_tool_usage is 'one row per tool call that returned; outlives its connection, and is kept as long as runs are';
alter table patchbay.mcp_tool_usage enable row level security;

create table patchbay.muted_threads (
  workspace_id text not null,
  channel text not null,
  thread_ts text not null,
  muted_at timestamp with time zone default clock_timestamp() not null,
  constraint muted_threads_pkey PRIMARY KEY (workspace_id, channel, thread_ts)
);
comment on table patchbay.muted_threads is 'threads in which the app answers only to mentions';
alter table patchbay.muted_threads enable row level security;

create table patchbay.onboarding_messages (
  workspace_id text not null,
  channel text not null,
  ts text not null,
  user_id text not null,
  kind text not null,
  run_id uuid,
  shown text not null,
  posted_at timestamp with time zone default now() not null,
  constraint onboarding_messages_kind_check CHECK ((kind = ANY (ARRAY['welcome'::text, 'offer'::text]))),
  constraint onboarding_messages_pkey PRIMARY KEY (workspace_id, channel, ts)
);
comment on table patchbay.onboarding_messages is 'messages that help a person begin, until they need no help any more; shown = what such a message says now';
alter table patchbay.onboarding_messages enable row level security;

create table patchbay.person_agents (
  workspace_id text not null,
  user_id text not null,
  agent_id text not null,
  constraint person_agents_pkey PRIMARY KEY (workspace_id, user_id)
);
comment on table patchbay.person_agents is 'which agent answers a person where neither they nor the place name one';
alter table patchbay.person_agents enable row level security;

create table patchbay.rate_limits (
  key text not null,
  tokens double precision not null,
  at timestamp with time zone not null,
  blocked_until timestamp with time zone,
  constraint rate_limits_pkey PRIMARY KEY (key)
);
comment on table patchbay.rate_limits is 'how often services may still be called, over all instances; a key is a host and whose credential goes there';
alter table patchbay.rate_limits enable row level security;

create table patchbay.resource_subscriptions (
  id uuid not null,
  connection_id uuid not null,
  workspace_id text not null,
  user_id text not null,
  uri text not null,
  resource_name text not null,
  channel text not null,
  thread_ts text not null,
  created_at timestamp with time zone default now() not null,
  changed_at timestamp with time zone,
  notified_at timestamp with time zone,
  owner text,
  lease_until timestamp with time zone,
  constraint resource_subscriptions_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES patchbay.mcp_connections(id) ON DELETE CASCADE,
  constraint resource_subscriptions_connection_id_uri_channel_thread_ts_key UNIQUE (connection_id, uri, channel, thread_ts),
  constraint resource_subscriptions_pkey PRIMARY KEY (id)
);
comment on table patchbay.resource_subscriptions is 'a resource whose changes are posted in a thread; one instance (owner) listens at a time, changed_at is a change not posted yet';
alter table patchbay.resource_subscriptions enable row level security;

create table patchbay.rules (
  id uuid default gen_random_uuid() not null,
  workspace_id text not null,
  scope text not null,
  user_id text,
  card text,
  connection_id uuid,
  tool text not null,
  verdict text not null,
  four_eyes boolean default false not null,
  definition text,
  created_at timestamp with time zone default now() not null,
  created_by text not null,
  conversation text,
  reach jsonb,
  class text,
  channel text,
  approvals integer,
  user_group text,
  constraint rules_approvals_check CHECK (((approvals >= 2) AND (approvals <= 3))),
  constraint rules_check CHECK (((scope = 'person'::text) = (user_id IS NOT NULL))),
  constraint rules_class_check CHECK ((class = ANY (ARRAY['read'::text, 'write'::text, 'destructive'::text]))),
  constraint rules_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES patchbay.mcp_connections(id) ON DELETE CASCADE,
  constraint rules_pkey PRIMARY KEY (id),
  constraint rules_scope_check CHECK ((scope = ANY (ARRAY['workspace'::text, 'person'::text]))),
  constraint rules_verdict_check CHECK ((verdict = ANY (ARRAY['allow'::text, 'ask'::text, 'deny'::text])))
);
comment on table patchbay.rules is 'what a workspace or a person decided in advance; definition pins an allow to one version of a tool';
alter table patchbay.rules enable row level security;

create table patchbay.run_events (
  run_id uuid not null,
  seq integer not null,
  body jsonb not null,
  type text generated always as ((body ->> 'type'::text)) stored,
  at timestamp with time zone default now() not null,
  constraint run_events_audited TRIGGER DEFERRABLE INITIALLY DEFERRED,
  constraint run_events_pkey PRIMARY KEY (run_id, seq),
  constraint run_events_run_id_fkey FOREIGN KEY (run_id) REFERENCES patchbay.runs(id) ON DELETE CASCADE
);
comment on table patchbay.run_events is 'what happened to a run, in order; its state is folded from these and stored nowhere else';
alter table patchbay.run_events enable row level security;

create table patchbay.run_feedback (
  run_id uuid not null,
  user_id text not null,
  verdict text not null,
  at timestamp with time zone default now() not null,
  constraint run_feedback_pkey PRIMARY KEY (run_id, user_id),
  constraint run_feedback_run_id_fkey FOREIGN KEY (run_id) REFERENCES patchbay.runs(id) ON DELETE CASCADE,
  constraint run_feedback_verdict_check CHECK ((verdict = ANY (ARRAY['good'::text, 'bad'::text])))
);
comment on table patchbay.run_feedback is 'what a person thought of an answer; the latest verdict counts';
alter table patchbay.run_feedback enable row level security;

create table patchbay.run_notes (
  id bigint generated always as identity not null,
  root_run uuid not null,
  agent text not null,
  finding text not null,
  source text,
  confidence text,
  untrusted jsonb default '[]'::jsonb not null,
  by_run uuid not null,
  by_call text not null,
  noted_at timestamp with time zone default now() not null,
  constraint run_notes_by_run_by_call_key UNIQUE (by_run, by_call),
  constraint run_notes_confidence_check CHECK ((confidence = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text]))),
  constraint run_notes_pkey PRIMARY KEY (id),
  constraint run_notes_root_run_fkey FOREIGN KEY (root_run) REFERENCES patchbay.runs(id) ON DELETE CASCADE
);
comment on table patchbay.run_notes is 'what the agents at work on one request noted for each other; it goes with the run of the request';
alter table patchbay.run_notes enable row level security;

create table patchbay.runs (
  id uuid not null,
  number bigint generated always as identity not null,
  workspace_id text not null,
  user_id text not null,
  conversation text not null,
  dedupe_key text not null,
  status text default 'working'::text not null,
  outcome text,
  owner text,
  lease_until timestamp with time zone,
  fence bigint default 0 not null,
  last_seq integer default 0 not null,
  turns integer default 0 not null,
  input_tokens bigint default 0 not null,
  output_tokens bigint default 0 not null,
  cached_tokens bigint default 0 not null,
  cost_usd numeric(12,6) default 0 not null,
  started_at timestamp with time zone default now() not null,
  closed_at timestamp with time zone,
  all_recorded boolean default false not null,
  agent_id text,
  parent_run uuid,
  parent_call text,
  wake_at timestamp with time zone,
  constraint runs_dedupe_key_key UNIQUE (dedupe_key),
  constraint runs_number_key UNIQUE (number),
  constraint runs_outcome_check CHECK ((outcome = ANY (ARRAY['finished'::text, 'failed'::text, 'stopped'::text]))),
  constraint runs_pkey PRIMARY KEY (id),
  constraint runs_status_check CHECK ((status = ANY (ARRAY['working'::text, 'suspended'::text, 'closed'::text])))
);
comment on table patchbay.runs is 'the work on one request; working without a lease = free to claim, suspended = waits for a person, for the runs it asked for, or until wake_at; parent_run is no foreign key, as its check makes a stop of the parent and an end of the child wait for each other';
alter table patchbay.runs enable row level security;

create table patchbay.schema_versions (
  version text not null,
  breaking boolean not null,
  applied_at timestamp with time zone default now() not null,
  constraint schema_versions_pkey PRIMARY KEY (version)
);
comment on table patchbay.schema_versions is 'the migrations applied; each inserts its own row, and a breaking one stops instances that are older than it';
alter table patchbay.schema_versions enable row level security;

create table patchbay.secret_entries (
  id uuid not null,
  token_hash text not null,
  workspace_id text not null,
  user_id text not null,
  details jsonb not null,
  entered_at timestamp with time zone,
  expires_at timestamp with time zone not null,
  constraint secret_entries_pkey PRIMARY KEY (id),
  constraint secret_entries_token_hash_key UNIQUE (token_hash)
);
comment on table patchbay.secret_entries is 'secrets to be entered on a page, by the hash of its link; the credential store keeps what was entered';
alter table patchbay.secret_entries enable row level security;

create table patchbay.shared_connections (
  connection_id uuid not null,
  audience text not null,
  people jsonb default '[]'::jsonb not null,
  level text not null,
  shared_by text not null,
  from_file boolean default false not null,
  shared_at timestamp with time zone default clock_timestamp() not null,
  constraint shared_connections_audience_check CHECK ((audience = ANY (ARRAY['everybody'::text, 'approvers'::text, 'people'::text]))),
  constraint shared_connections_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES patchbay.mcp_connections(id) ON DELETE CASCADE,
  constraint shared_connections_level_check CHECK ((level = ANY (ARRAY['reads'::text, 'writes_ask'::text, 'all_ask'::text]))),
  constraint shared_connections_pkey PRIMARY KEY (connection_id)
);
comment on table patchbay.shared_connections is 'who may use a connection of the workspace, and how far';
alter table patchbay.shared_connections enable row level security;

create table patchbay.sign_in_codes (
  id uuid not null,
  workspace_id text not null,
  user_id text not null,
  connection_id uuid not null,
  details jsonb not null,
  code_hash text not null,
  tries integer default 0 not null,
  state text default 'waits'::text not null,
  created_at timestamp with time zone default clock_timestamp() not null,
  ends_at timestamp with time zone not null,
  constraint sign_in_codes_pkey PRIMARY KEY (id),
  constraint sign_in_codes_state_check CHECK ((state = ANY (ARRAY['waits'::text, 'confirmed'::text, 'dropped'::text])))
);
comment on table patchbay.sign_in_codes is 'sign-ins that came back and wait for their code; ends_at is the end of the wait, or of the lease of who finishes or drops it';
alter table patchbay.sign_in_codes enable row level security;

create table patchbay.sign_ins (
  state_hash text not null,
  workspace_id text not null,
  user_id text not null,
  connection_id uuid not null,
  details jsonb not null,
  created_at timestamp with time zone default clock_timestamp() not null,
  expires_at timestamp with time zone not null,
  constraint sign_ins_pkey PRIMARY KEY (state_hash)
);
comment on table patchbay.sign_ins is 'OAuth sign-ins under way, by the hash of their state parameter; each is taken once';
alter table patchbay.sign_ins enable row level security;

create table patchbay.slack_messages (
  run_id uuid not null,
  key text not null,
  channel text not null,
  ts text not null,
  content_hash text not null,
  live boolean default false not null,
  constraint slack_messages_pkey PRIMARY KEY (run_id, key),
  constraint slack_messages_run_id_fkey FOREIGN KEY (run_id) REFERENCES patchbay.runs(id) ON DELETE CASCADE
);
comment on table patchbay.slack_messages is 'which Slack message shows which part of a run; live = a stream is open on it';
alter table patchbay.slack_messages enable row level security;

create table patchbay.slack_seen_events (
  event_id text not null,
  seen_at timestamp with time zone default now() not null,
  constraint slack_seen_events_pkey PRIMARY KEY (event_id)
);
comment on table patchbay.slack_seen_events is 'Slack events taken in the last 24 hours';
alter table patchbay.slack_seen_events enable row level security;

create table patchbay.token_refresh_leases (
  connection_id uuid not null,
  owner text not null,
  lease_until timestamp with time zone not null,
  constraint token_refresh_leases_pkey PRIMARY KEY (connection_id)
);
comment on table patchbay.token_refresh_leases is 'which instance may refresh a connection''s tokens now; a rotating refresh token can be used once';
alter table patchbay.token_refresh_leases enable row level security;

create table patchbay.tool_change_notes (
  connection_id uuid not null,
  hash text not null,
  channel text,
  message_ts text,
  told_at timestamp with time zone not null,
  constraint tool_change_notes_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES patchbay.mcp_connections(id) ON DELETE CASCADE,
  constraint tool_change_notes_pkey PRIMARY KEY (connection_id)
);
comment on table patchbay.tool_change_notes is 'the message that tells a connection''s owner of changes; one at a time, with the newest of them';
alter table patchbay.tool_change_notes enable row level security;

create table patchbay.tool_pins (
  connection_id uuid not null,
  tool text not null,
  hash text not null,
  definition jsonb not null,
  pinned_by text,
  pinned_at timestamp with time zone default clock_timestamp() not null,
  constraint tool_pins_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES patchbay.mcp_connections(id) ON DELETE CASCADE,
  constraint tool_pins_pkey PRIMARY KEY (connection_id, tool)
);
comment on table patchbay.tool_pins is 'what was accepted of each tool of a connection; under the empty name, its server''s instructions';
alter table patchbay.tool_pins enable row level security;

create table patchbay.trigger_news (
  id bigint generated always as identity not null,
  trigger_id uuid not null,
  body jsonb not null,
  taken_until timestamp with time zone,
  constraint trigger_news_pkey PRIMARY KEY (id)
);
comment on table patchbay.trigger_news is 'what a trigger''s owner has still to be told; written with what happened, gone when it was told';
alter table patchbay.trigger_news enable row level security;

create table patchbay.trigger_occurrences (
  trigger_id uuid not null,
  key text not null,
  workspace_id text not null,
  due_at timestamp with time zone not null,
  state text not null,
  why text,
  missed integer default 0 not null,
  attempts integer default 1 not null,
  taken_until timestamp with time zone,
  run_id uuid,
  outcome text,
  ended_at timestamp with time zone,
  constraint trigger_occurrences_pkey PRIMARY KEY (trigger_id, key),
  constraint trigger_occurrences_state_check CHECK ((state = ANY (ARRAY['taken'::text, 'started'::text, 'ended'::text, 'skipped'::text]))),
  constraint trigger_occurrences_why_check CHECK ((why = ANY (ARRAY['late'::text, 'running'::text, 'refused'::text, 'not_started'::text])))
);
comment on table patchbay.trigger_occurrences is 'each time a trigger fired: taken = its run is about to start, by whoever took it last; the newest of each trigger are kept';
alter table patchbay.trigger_occurrences enable row level security;

create table patchbay.triggers (
  id uuid not null,
  workspace_id text not null,
  user_id text not null,
  kind text not null,
  title text not null,
  spec jsonb not null,
  workflow_id text,
  starts jsonb not null,
  place jsonb not null,
  version integer default 1 not null,
  enabled boolean default true not null,
  paused_why text,
  paused_by text,
  next_at timestamp with time zone,
  failures integer default 0 not null,
  runs integer default 0 not null,
  cost_usd numeric(12,6) default 0 not null,
  reported_at timestamp with time zone,
  created_at timestamp with time zone default clock_timestamp() not null,
  changed_at timestamp with time zone default clock_timestamp() not null,
  constraint triggers_kind_check CHECK ((kind = ANY (ARRAY['schedule'::text, 'reaction'::text, 'message'::text, 'shortcut'::text, 'webhook'::text, 'builder'::text, 'resource'::text]))),
  constraint triggers_pkey PRIMARY KEY (id)
);
comment on table patchbay.triggers is 'what starts work by itself: a schedule or something that happens; it acts as its owner, user_id';
alter table patchbay.triggers enable row level security;

create table patchbay.workflow_versions (
  workflow_id uuid not null,
  version integer not null,
  body jsonb not null,
  hash text not null,
  saved_at timestamp with time zone default clock_timestamp() not null,
  constraint workflow_versions_pkey PRIMARY KEY (workflow_id, version),
  constraint workflow_versions_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES patchbay.workflows(id) ON DELETE CASCADE
);
comment on table patchbay.workflow_versions is 'every body a workflow had; an earlier one saved again makes a new version';
alter table patchbay.workflow_versions enable row level security;

create table patchbay.workflows (
  id uuid not null,
  workspace_id text not null,
  owner text not null,
  name text not null,
  title text not null,
  body jsonb not null,
  hash text not null,
  version integer default 1 not null,
  shared boolean default false not null,
  source text default 'slack'::text not null,
  archived_at timestamp with time zone,
  created_at timestamp with time zone default clock_timestamp() not null,
  changed_at timestamp with time zone default clock_timestamp() not null,
  constraint workflows_pkey PRIMARY KEY (id),
  constraint workflows_source_check CHECK ((source = ANY (ARRAY['slack'::text, 'file'::text])))
);
comment on table patchbay.workflows is 'workflows that people saved; the owner edits one, shared offers it to the whole workspace';
alter table patchbay.workflows enable row level security;

create table patchbay.workspaces (
  workspace_id text not null,
  settings jsonb default '{}'::jsonb not null,
  created_at timestamp with time zone default now() not null,
  constraint workspaces_pkey PRIMARY KEY (workspace_id)
);
comment on table patchbay.workspaces is 'one row per Slack workspace; settings: approvers, approvals_channel, cards, budget_usd, run_retention_days, audit_retention_days';
alter table patchbay.workspaces enable row level security;

CREATE UNIQUE INDEX agents_own ON patchbay.agents USING btree (workspace_id, user_id, name_key) WHERE (archived_at IS NULL);

CREATE UNIQUE INDEX agents_shared ON patchbay.agents USING btree (workspace_id, name_key) WHERE ((archived_at IS NULL) AND shared);

CREATE INDEX approvals_open ON patchbay.approvals USING btree (workspace_id, created_at) WHERE (status = 'pending'::text);

CREATE INDEX approvals_pending ON patchbay.approvals USING btree (expires_at) WHERE (status = 'pending'::text);

CREATE INDEX approvals_run ON patchbay.approvals USING btree (run_id);

CREATE INDEX audit_events_workspace ON patchbay.audit_events USING btree (workspace_id, id DESC);

CREATE INDEX connect_submissions_lease ON patchbay.connect_submissions USING btree (lease_until);

CREATE INDEX heard_messages_age ON patchbay.heard_messages USING btree (workspace_id, heard_at);

CREATE INDEX heard_messages_conversation ON patchbay.heard_messages USING btree (conversation, ts);

CREATE INDEX heard_messages_person ON patchbay.heard_messages USING btree (workspace_id, user_id);

CREATE INDEX input_requests_pending ON patchbay.input_requests USING btree (expires_at) WHERE (status = 'pending'::text);

CREATE INDEX input_requests_person ON patchbay.input_requests USING btree (workspace_id, user_id) WHERE (status = 'pending'::text);

CREATE INDEX input_requests_run ON patchbay.input_requests USING btree (run_id);

CREATE INDEX mcp_connections_changed ON patchbay.mcp_connections USING btree (id) WHERE (listing_changes IS NOT NULL);

CREATE UNIQUE INDEX mcp_connections_name ON patchbay.mcp_connections USING btree (workspace_id, COALESCE(user_id, ''::text), lower(connection_name));

CREATE INDEX mcp_run_cards_names ON patchbay.mcp_run_cards USING gin (search_names extensions.gin_trgm_ops) WITH (fastupdate=off);

CREATE INDEX mcp_run_cards_own ON patchbay.mcp_run_cards USING btree (workspace_id, created_by) WHERE (workspace_id IS NOT NULL);

CREATE INDEX mcp_tool_usage_connection ON patchbay.mcp_tool_usage USING btree (connection_id, executed_at DESC);

CREATE INDEX mcp_tool_usage_month ON patchbay.mcp_tool_usage USING btree (workspace_id, executed_at);

CREATE INDEX onboarding_messages_person ON patchbay.onboarding_messages USING btree (workspace_id, user_id);

CREATE INDEX rate_limits_blocked ON patchbay.rate_limits USING btree (blocked_until) WHERE (blocked_until IS NOT NULL);

CREATE INDEX resource_subscriptions_person ON patchbay.resource_subscriptions USING btree (workspace_id, user_id);

CREATE UNIQUE INDEX rules_narrow ON patchbay.rules USING btree (connection_id, tool, COALESCE(conversation, ''::text), md5((reach)::text)) WHERE (scope = 'person'::text);

CREATE INDEX rules_workspace ON patchbay.rules USING btree (workspace_id, user_id);

CREATE INDEX run_events_type ON patchbay.run_events USING btree (run_id, type);

CREATE INDEX run_notes_root ON patchbay.run_notes USING btree (root_run, id);

CREATE INDEX runs_children ON patchbay.runs USING btree (parent_run) WHERE (parent_run IS NOT NULL);

CREATE INDEX runs_closed ON patchbay.runs USING btree (workspace_id, closed_at) WHERE (status = 'closed'::text);

CREATE INDEX runs_conversation ON patchbay.runs USING btree (conversation, number);

CREATE INDEX runs_due ON patchbay.runs USING btree (wake_at) WHERE ((status = 'suspended'::text) AND (wake_at IS NOT NULL));

CREATE INDEX runs_month ON patchbay.runs USING btree (workspace_id, started_at);

CREATE INDEX runs_open ON patchbay.runs USING btree (number) WHERE (status = 'working'::text);

CREATE INDEX runs_person ON patchbay.runs USING btree (workspace_id, user_id, number DESC);

CREATE INDEX secret_entries_expiry ON patchbay.secret_entries USING btree (expires_at);

CREATE INDEX sign_in_codes_end ON patchbay.sign_in_codes USING btree (ends_at);

CREATE INDEX sign_ins_expiry ON patchbay.sign_ins USING btree (expires_at);

CREATE INDEX slack_seen_events_age ON patchbay.slack_seen_events USING btree (seen_at);

CREATE INDEX trigger_news_trigger ON patchbay.trigger_news USING btree (trigger_id);

CREATE INDEX trigger_occurrences_newest ON patchbay.trigger_occurrences USING btree (trigger_id, due_at DESC);

CREATE INDEX trigger_occurrences_started ON patchbay.trigger_occurrences USING btree (run_id) WHERE (state = 'started'::text);

CREATE INDEX trigger_occurrences_taken ON patchbay.trigger_occurrences USING btree (taken_until) WHERE (state = 'taken'::text);

CREATE INDEX triggers_due ON patchbay.triggers USING btree (next_at) WHERE (enabled AND (next_at IS NOT NULL));

CREATE INDEX triggers_person ON patchbay.triggers USING btree (workspace_id, user_id);

CREATE UNIQUE INDEX workflows_own ON patchbay.workflows USING btree (workspace_id, owner, name) WHERE (archived_at IS NULL);

CREATE UNIQUE INDEX workflows_shared ON patchbay.workflows USING btree (workspace_id, name) WHERE ((archived_at IS NULL) AND shared);

CREATE TRIGGER audit_append_only BEFORE UPDATE OR TRUNCATE ON patchbay.audit_events FOR EACH STATEMENT EXECUTE FUNCTION patchbay.audit_refuse_change();

CREATE TRIGGER audit_people_forget_triggers AFTER DELETE ON patchbay.audit_people FOR EACH ROW EXECUTE FUNCTION patchbay.triggers_forget_person();

CREATE TRIGGER audit_retained BEFORE DELETE ON patchbay.audit_events FOR EACH ROW EXECUTE FUNCTION patchbay.audit_refuse_change();

CREATE TRIGGER mcp_connections_counted AFTER INSERT ON patchbay.mcp_connections FOR EACH ROW EXECUTE FUNCTION patchbay.run_card_count_connection();

CREATE TRIGGER mcp_connections_keep_pins BEFORE UPDATE OF tools_available, server_instructions ON patchbay.mcp_connections FOR EACH ROW EXECUTE FUNCTION patchbay.connection_keep_pins();

CREATE TRIGGER mcp_connections_pinned AFTER INSERT ON patchbay.mcp_connections FOR EACH ROW EXECUTE FUNCTION patchbay.connection_pin();

CREATE CONSTRAINT TRIGGER run_events_audited AFTER INSERT ON patchbay.run_events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((new.body ->> 'type'::text) = ANY (ARRAY['judged'::text, 'called'::text, 'returned'::text]))) EXECUTE FUNCTION patchbay.audit_call();

CREATE TRIGGER runs_forget_heard AFTER DELETE ON patchbay.runs FOR EACH ROW EXECUTE FUNCTION patchbay.runs_forget_heard();

CREATE TRIGGER runs_forget_rules AFTER DELETE ON patchbay.runs FOR EACH ROW EXECUTE FUNCTION patchbay.runs_forget_rules();

CREATE OR REPLACE FUNCTION patchbay.agent_archive(p_workspace text, p_user text, p_id uuid, p_any boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare row agents;
begin
  update agents set archived_at = clock_timestamp(), shared = false
  where id = p_id and workspace_id = p_workspace and archived_at is null and (user_id = p_user or (p_any and shared)) returning * into row;
  if not found then return null; end if;
  update channel_agents set agent_id = null where workspace_id = p_workspace and agent_id = p_id::text;
  delete from person_agents where workspace_id = p_workspace and agent_id = p_id::text;
  perform audit_append(p_workspace, p_user, 'agent_archived', jsonb_build_object('agent', p_id, 'name', row.definition ->> 'name'));
  return agent_row(row);
end $function$
;
comment on function patchbay.agent_archive(text,text,uuid,boolean) is 'archives an agent of one''s own, or with p_any a shared one; null where it is neither';

CREATE OR REPLACE FUNCTION patchbay.agent_choices(p_workspace text, p_user text, p_channel text, p_thread text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select jsonb_build_object(
    'thread', (select e.body #>> '{agent,id}' from run_events e where e.seq = 1 and e.run_id = newest.id),
    'thread_name', (select e.body #>> '{agent,name}' from run_events e where e.seq = 1 and e.run_id = newest.id),
    'channel', (select agent_id from channel_agents where workspace_id = p_workspace and channel = p_channel),
    'person', (select agent_id from person_agents where workspace_id = p_workspace and user_id = p_user))
  from (select) one left join lateral (
    select id from runs where conversation = p_workspace || ':' || p_channel || ':' || p_thread order by number desc limit 1
  ) newest on true
$function$
;
comment on function patchbay.agent_choices(text,text,text,text) is 'which agent did the last run of a thread, and who was chosen for the channel and by the person';

CREATE OR REPLACE FUNCTION patchbay.agent_offer_claim(p_workspace text, p_channel text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  insert into channel_agents (workspace_id, channel) values (p_workspace, p_channel) on conflict do nothing;
  return to_jsonb(found);
end $function$
;
comment on function patchbay.agent_offer_claim(text,text) is 'true once for a channel for which nothing was chosen yet: an agent is offered there';

CREATE OR REPLACE FUNCTION patchbay.agent_row(p_agent patchbay.agents)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select jsonb_build_object('id', p_agent.id, 'owner', p_agent.user_id, 'definition', p_agent.definition, 'version', p_agent.version,
    'shared', p_agent.shared)
$function$
;
comment on function patchbay.agent_row(patchbay.agents) is 'an agent as the app reads it';

CREATE OR REPLACE FUNCTION patchbay.agent_save(p_workspace text, p_user text, p_id uuid, p_base integer, p_name_key text, p_definition jsonb, p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
end $function$
;
comment on function patchbay.agent_save(text,text,uuid,integer,text,jsonb,integer) is 'makes an agent (p_base null) or its next version; p_base is the version that was edited';

CREATE OR REPLACE FUNCTION patchbay.agent_share(p_workspace text, p_user text, p_id uuid, p_shared boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
end $function$
;
comment on function patchbay.agent_share(text,text,uuid,boolean) is 'offers a person''s agent to the workspace, or takes that back; null where it is not theirs';

CREATE OR REPLACE FUNCTION patchbay.agent_versions_of(p_workspace text, p_user text, p_id uuid, p_limit integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object('version', v.version, 'definition', v.definition, 'at', v.saved_at) order by v.version desc), '[]')
  from (
    select v.* from agent_versions v join agents a on a.id = v.agent_id
    where a.id = p_id and a.workspace_id = p_workspace and a.user_id = p_user order by v.version desc limit p_limit
  ) v
$function$
;
comment on function patchbay.agent_versions_of(text,text,uuid,integer) is 'the newest versions of an agent, for its owner';

CREATE OR REPLACE FUNCTION patchbay.agents_lock(p_workspace text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select pg_advisory_xact_lock(hashtextextended('patchbay agents ' || p_workspace, 0))
$function$
;
comment on function patchbay.agents_lock(text) is 'lets one transaction at a time name and share agents of a workspace';

CREATE OR REPLACE FUNCTION patchbay.agents_of(p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(agent_row(a) order by a.user_id <> p_user, lower(a.definition ->> 'name')), '[]')
  from agents a where a.workspace_id = p_workspace and a.archived_at is null and (a.user_id = p_user or a.shared)
$function$
;
comment on function patchbay.agents_of(text,text) is 'the agents that a person may use: their own, then those shared with the workspace';

CREATE OR REPLACE FUNCTION patchbay.approval_decide(p_workspace text, p_id text, p_status text, p_by text, p_event jsonb, p_instance text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  row approvals;
  event jsonb := p_event;
  verdict text := p_status;
begin
  select * into row from approvals where id = p_id and workspace_id = p_workspace;
  if not found then return jsonb_build_object('kind', 'gone'); end if;
  perform from runs where id = row.run_id for update;
  select * into row from approvals where id = p_id for update;
  if row.status = 'pending' and row.expires_at <= clock_timestamp() and p_status <> 'expired' then
    verdict := 'expired';
    event := jsonb_build_object('type', 'answered', 'call', row.call_id, 'approval', row.id, 'decision', 'expired', 'at', p_event -> 'at');
  end if;
  if row.status <> 'pending' then
    return jsonb_build_object('kind', 'already', 'run', row.run_id, 'decision', row.status, 'by', row.decided_by, 'at', row.decided_at);
  end if;
  update approvals set status = verdict, decided_by = case when verdict = p_status then p_by end, decided_at = clock_timestamp()
  where id = p_id returning * into row;
  perform run_append_locked(row.run_id, jsonb_build_array(event));
  update runs set status = 'working' where id = row.run_id and status = 'suspended';
  -- An edited call has another hash than the one on the card; the audit names the call that goes out.
  perform audit_append(row.workspace_id, coalesce(row.decided_by, 'patchbay'), 'approval_' || verdict,
    jsonb_strip_nulls(jsonb_build_object('approval', row.id, 'run', row.run_id, 'call', row.call_id, 'requester', row.requester,
      'hash', coalesce(event ->> 'hash', row.hash), 'asked_hash', case when event ? 'hash' then row.hash end,
      'always', event -> 'always')));
  return jsonb_build_object('kind', case when verdict = p_status then 'settled' else 'already' end, 'run', row.run_id,
    'decision', verdict, 'by', row.decided_by, 'at', row.decided_at,
    'fence', case when p_instance is not null then run_claim_if_free(row.run_id, p_instance, p_lease_ms) end);
end $function$
;
comment on function patchbay.approval_decide(text,text,text,text,jsonb,text,integer) is 'one compare-and-swap on pending; whoever settles also claims the run';

CREATE OR REPLACE FUNCTION patchbay.approval_expire(p_at text, p_skip jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare due record;
begin
  select id, call_id, workspace_id into due from approvals
  where status = 'pending' and expires_at <= clock_timestamp() and not p_skip ? id order by expires_at limit 1;
  if not found then return null; end if;
  begin
    perform approval_decide(due.workspace_id, due.id, 'expired', null,
      jsonb_build_object('type', 'answered', 'call', due.call_id, 'approval', due.id, 'decision', 'expired', 'at', p_at), null, 0);
  exception when others then
    return jsonb_build_object('id', due.id, 'failed', sqlerrm);
  end;
  return jsonb_build_object('id', due.id, 'failed', null);
end $function$
;
comment on function patchbay.approval_expire(text,jsonb) is 'settles one approval nobody decided in time, but none of p_skip; its id and why it could not be settled, or null when none is due';

CREATE OR REPLACE FUNCTION patchbay.approval_may_decide(p_approval patchbay.approvals, p_user text, p_approvers jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select case
    when p_approval.four_eyes then p_user <> p_approval.requester and p_approvers ? p_user
    when p_approval.risk = 'destructive' and p_approvers <> '[]' then p_approvers ? p_user
    else p_user = p_approval.requester or p_approvers ? p_user
  end
$function$
;
comment on function patchbay.approval_may_decide(patchbay.approvals,text,jsonb) is 'whether a person may decide an approval, with these approvers';

CREATE OR REPLACE FUNCTION patchbay.approval_propose(p_workspace text, p_id text, p_by text, p_event jsonb, p_instance text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare row approvals;
begin
  perform from runs r join approvals a on a.run_id = r.id where a.id = p_id and a.workspace_id = p_workspace for update of r;
  select * into row from approvals where id = p_id and workspace_id = p_workspace for update;
  if not found then return jsonb_build_object('kind', 'gone'); end if;
  if row.status = 'pending' and row.expires_at <= clock_timestamp() then
    return approval_decide(p_workspace, p_id, 'expired', null, jsonb_build_object('type', 'answered', 'call', row.call_id,
      'approval', row.id, 'decision', 'expired', 'at', p_event -> 'at'), p_instance, p_lease_ms) || '{"kind": "already"}';
  end if;
  if row.status <> 'pending' then
    return jsonb_build_object('kind', 'already', 'run', row.run_id, 'decision', row.status, 'by', row.decided_by, 'at', row.decided_at);
  end if;
  -- The same form may be sent again where its acknowledgement was lost.
  if row.proposed_by = p_by and row.proposal_hash = p_event ->> 'hash' then
    return jsonb_build_object('kind', 'proposed', 'run', row.run_id, 'fence', null);
  end if;
  if row.proposed_by is not null then
    return jsonb_build_object('kind', 'changed', 'by', row.proposed_by, 'requester', row.requester);
  end if;
  -- Another person is asked now, who was not reminded.
  update approvals set proposed_by = p_by, proposal_hash = p_event ->> 'hash', reminded_at = null where id = p_id;
  perform run_append_locked(row.run_id, jsonb_build_array(p_event));
  update runs set status = 'working' where id = row.run_id and status = 'suspended';
  perform audit_append(row.workspace_id, p_by, 'approval_changed', jsonb_build_object('approval', row.id, 'run', row.run_id,
    'call', row.call_id, 'requester', row.requester, 'hash', p_event ->> 'hash', 'asked_hash', row.hash));
  return jsonb_build_object('kind', 'proposed', 'run', row.run_id,
    'fence', case when p_instance is not null then run_claim_if_free(row.run_id, p_instance, p_lease_ms) end);
end $function$
;
comment on function patchbay.approval_propose(text,text,text,jsonb,text,integer) is 'saves an edit by somebody else than the requester, who alone decides from then on; the first edit counts';

CREATE OR REPLACE FUNCTION patchbay.approval_reminder_release(p_id text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  update approvals set reminded_at = null where id = p_id and status = 'pending';
  select null::jsonb
$function$
;
comment on function patchbay.approval_reminder_release(text) is 'makes a claimed reminder that could not be sent due again';

CREATE OR REPLACE FUNCTION patchbay.approval_reminders_claim(p_lead_ms integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  with due as (
    select id from approvals
    where status = 'pending' and reminded_at is null and expires_at > clock_timestamp()
      and expires_at <= clock_timestamp() + p_lead_ms * interval '1 millisecond'
    order by expires_at limit 20 for update skip locked
  ),
  claimed as (update approvals a set reminded_at = clock_timestamp() from due where a.id = due.id returning a.id, a.workspace_id)
  select coalesce(jsonb_agg(jsonb_build_object('id', id, 'workspace', workspace_id)), '[]') from claimed
$function$
;
comment on function patchbay.approval_reminders_claim(integer) is 'claims the reminders of approvals that are due, each once';

CREATE OR REPLACE FUNCTION patchbay.approval_run(p_workspace text, p_id text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select jsonb_build_object('run', run_id, 'call', call_id, 'events', run_events_bare(run_id))
  from approvals where id = p_id and workspace_id = p_workspace
$function$
;
comment on function patchbay.approval_run(text,text) is 'the run and call an approval is about';

CREATE OR REPLACE FUNCTION patchbay.approval_settle(p_workspace text, p_id text, p_status text, p_by text, p_event jsonb, p_instance text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  row approvals;
  settled jsonb;
  vote jsonb;
  event jsonb := p_event - 'needed' - 'lost';
begin
  perform from runs r join approvals a on a.run_id = r.id where a.id = p_id and a.workspace_id = p_workspace for update of r;
  select * into row from approvals where id = p_id and workspace_id = p_workspace for update;
  if not found then return jsonb_build_object('kind', 'gone'); end if;
  if row.status = 'pending' and row.proposed_by is not null and row.expires_at > clock_timestamp()
    and (p_by is distinct from row.requester or (p_status = 'approved' and p_event ->> 'hash' is distinct from row.proposal_hash)) then
    return jsonb_build_object('kind', 'changed', 'by', row.proposed_by, 'requester', row.requester);
  end if;
  if row.status = 'pending' and row.proposed_by is null and row.expires_at > clock_timestamp() and p_status = 'approved' then
    vote := approval_vote(p_id, p_by, p_event);
  end if;
  if jsonb_array_length(vote -> 'votes') < (vote ->> 'needed')::integer then
    if (vote ->> 'isNew')::boolean then
      perform run_append_locked(row.run_id, jsonb_build_array(jsonb_build_object('type', 'voted', 'call', row.call_id, 'approval', row.id,
        'by', p_by, 'needed', vote -> 'needed', 'votes', vote -> 'votes', 'at', p_event -> 'at')));
      update runs set status = 'working' where id = row.run_id and status = 'suspended';
    end if;
    return vote || jsonb_build_object('kind', 'voted', 'run', row.run_id,
      'fence', case when p_instance is not null then run_claim_if_free(row.run_id, p_instance, p_lease_ms) end);
  end if;
  if vote is not null then event := event || jsonb_build_object('approvedBy', vote -> 'votes'); end if;
  settled := approval_decide(p_workspace, p_id, p_status, p_by, event, p_instance, p_lease_ms);
  if settled ->> 'kind' = 'settled' and p_event ? 'reason' then
    update approvals set reason = p_event ->> 'reason' where id = p_id;
    perform audit_append(p_workspace, p_by, 'denial_explained', jsonb_build_object('approval', row.id, 'run', row.run_id,
      'call', row.call_id, 'requester', row.requester, 'reason', p_event ->> 'reason'));
  end if;
  return settled;
end $function$
;
comment on function patchbay.approval_settle(text,text,text,text,jsonb,text,integer) is 'a person''s decision, with the words of a denial: voted where more people have to approve, changed where the call is not what they were shown';

CREATE OR REPLACE FUNCTION patchbay.approval_vote(p_id text, p_by text, p_event jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  row approvals;
  wanted integer;
  counted jsonb;
begin
  select * into row from approvals where id = p_id for update;
  select greatest(row.needed, (p_event ->> 'needed')::integer, 1, (select max((body #>> '{approval,needed}')::integer) from run_events
    where run_id = row.run_id and type = 'judged' and body #>> '{approval,id}' = p_id)) into wanted;
  if wanted = 1 then return null; end if;
  select coalesce(jsonb_agg(one order by nth), '[]') into counted from jsonb_array_elements_text(row.votes) with ordinality as before (one, nth)
  where not coalesce(p_event -> 'lost', '[]') ? one;
  if not counted ? p_by then counted := counted || to_jsonb(p_by); end if;
  if counted <> row.votes then
    update approvals set votes = counted, needed = wanted where id = p_id;
    perform audit_append(row.workspace_id, p_by, 'approval_voted', jsonb_strip_nulls(jsonb_build_object('approval', row.id, 'run', row.run_id,
      'call', row.call_id, 'requester', row.requester, 'hash', row.hash, 'needed', wanted, 'votes', counted, 'lost', p_event -> 'lost')));
  end if;
  return jsonb_build_object('needed', wanted, 'votes', counted, 'isNew', counted <> row.votes);
end $function$
;
comment on function patchbay.approval_vote(text,text,jsonb) is 'counts a person''s approval once, where several have to approve; null where one is enough. Only for callers that hold the lock on the run''s row';

CREATE OR REPLACE FUNCTION patchbay.approvals_close(p_run uuid, p_by text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare row approvals;
begin
  for row in
    update approvals set status = 'stopped', decided_by = p_by, decided_at = clock_timestamp()
    where run_id = p_run and status = 'pending' returning *
  loop
    perform audit_append(row.workspace_id, coalesce(p_by, 'patchbay'), 'approval_stopped',
      jsonb_build_object('approval', row.id, 'run', row.run_id, 'call', row.call_id, 'hash', row.hash, 'requester', row.requester));
  end loop;
end $function$
;
comment on function patchbay.approvals_close(uuid,text) is 'closes the open approvals of a run that ended';

CREATE OR REPLACE FUNCTION patchbay.approvals_decide(p_workspace text, p_by text, p_answers jsonb, p_width text, p_instance text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  answer jsonb;
  outcome jsonb;
  outcomes jsonb := '[]';
  row approvals;
  judged jsonb;
begin
  -- Every lock comes before the first audit row, runs and approvals in one order: two such statements never wait for each other.
  perform from runs where id in (
    select a.run_id from approvals a join jsonb_array_elements(p_answers) one on a.id = one ->> 'id' where a.workspace_id = p_workspace
  ) order by id for update;
  perform from approvals where workspace_id = p_workspace and id in (select one ->> 'id' from jsonb_array_elements(p_answers) one) order by id for update;
  select * into row from approvals where workspace_id = p_workspace and id = p_answers #>> '{0,id}';
  -- Only where the answer will count: not where somebody changed the call meanwhile.
  if p_width in ('thread', 'always') and p_answers #>> '{0,status}' = 'approved' and p_answers #> '{0,event,reach}' is not null
    and row.requester = p_by and row.status = 'pending' and row.proposed_by is null and row.expires_at > clock_timestamp() then
    select body into judged from run_events
    where run_id = row.run_id and type = 'judged' and body ->> 'call' = row.call_id order by seq desc limit 1;
    -- Not for a connection that is gone.
    if exists (select from mcp_connections
      where id = (judged #>> '{target,connection}')::uuid and workspace_id = p_workspace and user_id = row.requester) then
      perform rule_add_narrow(p_workspace, row.requester, (judged #>> '{target,connection}')::uuid, judged #>> '{target,tool}', judged ->> 'definition',
        p_answers #> '{0,event,reach}', case when p_width = 'thread' then (select conversation from runs where id = row.run_id) end);
    end if;
  end if;
  for answer in select value from jsonb_array_elements(p_answers) loop
    outcome := approval_settle(p_workspace, answer ->> 'id', answer ->> 'status', p_by, answer -> 'event', null, 0);
    outcomes := outcomes || jsonb_build_array(outcome);
    -- What a rule would cover stays as it is where the answer that makes the rule came too late.
    exit when p_width in ('thread', 'always') and jsonb_array_length(outcomes) = 1 and outcome ->> 'kind' <> 'settled';
  end loop;
  return jsonb_build_object('outcomes', outcomes, 'claims', (
    select coalesce(jsonb_agg(jsonb_build_object('run', touched.run,
      'fence', case when p_instance is not null then run_claim_if_free(touched.run, p_instance, p_lease_ms) end)), '[]')
    from (select distinct (one ->> 'run')::uuid as run from jsonb_array_elements(outcomes) one where one ? 'run') touched
  ));
end $function$
;
comment on function patchbay.approvals_decide(text,text,jsonb,text,text,integer) is 'settles several approvals at once and makes the rule of the first; whoever settles also claims the runs';

CREATE OR REPLACE FUNCTION patchbay.approvals_pending(p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
$function$
;
comment on function patchbay.approvals_pending(text,text) is 'the open approvals a person may decide, oldest first, with their runs';

CREATE OR REPLACE FUNCTION patchbay.approvers_of(p_workspace text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce((select settings -> 'approvers' from workspaces where workspace_id = p_workspace), '[]')
$function$
;
comment on function patchbay.approvers_of(text) is 'who decides destructive calls';

CREATE OR REPLACE FUNCTION patchbay.approvers_set(p_workspace text, p_user text, p_approvers jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  insert into workspaces (workspace_id, settings) values (p_workspace, jsonb_build_object('approvers', p_approvers))
  on conflict (workspace_id) do update set settings = workspaces.settings || excluded.settings;
  perform audit_append(p_workspace, p_user, 'approvers_set', jsonb_build_object('approvers', p_approvers));
  return null;
end $function$
;
comment on function patchbay.approvers_set(text,text,jsonb) is 'names the workspace''s approvers';

CREATE OR REPLACE FUNCTION patchbay.approvers_told(p_workspace text, p_users jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare told jsonb;
begin
  select coalesce(settings -> 'approvers_told', '[]') into told from workspaces where workspace_id = p_workspace for update;
  if not found or told @> p_users then return '[]'; end if;
  update workspaces set settings = jsonb_set(settings, '{approvers_told}',
    told || (select jsonb_agg(one) from jsonb_array_elements(p_users) one where not told @> one)) where workspace_id = p_workspace;
  return (select coalesce(jsonb_agg(one), '[]') from jsonb_array_elements(p_users) one where not told @> one);
end $function$
;
comment on function patchbay.approvers_told(text,jsonb) is 'notes which approvers cannot decide any more; those of them that the owners have not been told of';

CREATE OR REPLACE FUNCTION patchbay.audit_append(p_workspace text, p_actor text, p_action text, p_details jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
end $function$
;
comment on function patchbay.audit_append(text,text,text,jsonb) is 'appends one row to the workspace''s audit chain';

CREATE OR REPLACE FUNCTION patchbay.audit_call()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  run runs;
  judged jsonb;
begin
  select * into run from runs where id = new.run_id;
  if not found then return null; end if;
  select body into judged from run_events
  where run_id = new.run_id and type = 'judged' and body ->> 'call' = new.body ->> 'call' and seq <= new.seq order by seq desc limit 1;
  perform audit_append(run.workspace_id, run.user_id,
    case new.type when 'called' then 'call_made' when 'returned' then 'call_returned'
      else 'call_' ||
        coalesce((array['allowed', 'asked', 'denied'])[array_position(array['allow', 'ask', 'deny'], judged ->> 'verdict')], 'judged') end,
    jsonb_strip_nulls(jsonb_build_object('run', run.id, 'call', new.body -> 'call', 'connection', judged #> '{target,connection}',
      'tool', judged #> '{target,tool}', 'connected_by', judged #> '{target,sharedBy}', 'hash', case new.type when 'judged' then judged -> 'hash' end,
      'risk', case new.type when 'judged' then judged -> 'risk' end,
      'outcome', case new.type when 'returned' then new.body -> 'outcome' end, 'ms', case new.type when 'returned' then new.body -> 'ms' end)));
  return null;
end $function$
;
comment on function patchbay.audit_call() is 'writes the audit row of a judged, begun or ended call';

CREATE OR REPLACE FUNCTION patchbay.audit_check(p_workspace text, p_after bigint, p_most integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  with part as (
    select e as event from audit_events e where e.workspace_id = p_workspace and e.id > p_after order by e.id limit p_most
  ),
  chain as (
    select event, coalesce(lag((event).hash) over (order by (event).id),
      (select e.hash from audit_events e where e.workspace_id = p_workspace and e.id <= p_after order by e.id desc limit 1),
      (select a.hash from audit_anchors a where a.workspace_id = p_workspace), '') as expected
    from part
  )
  select jsonb_build_object('last', (select max((event).id) from chain), 'broken', (
    select min((event).id) from chain
    where (event).previous_hash <> expected or (event).hash <> audit_hash(expected, event)
      or (expected like '2:%' and (event).hash not like '2:%')))
$function$
;
comment on function patchbay.audit_check(text,bigint,integer) is 'the first row of a part of the audit whose hash does not follow from the one before; last is null at the end of the chain';

CREATE OR REPLACE FUNCTION patchbay.audit_hash(p_previous text, p_event patchbay.audit_events)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select case when p_event.hash is null or p_event.hash like '2:%' then
    '2:' || encode(sha256(convert_to((
      select string_agg(octet_length(field) || ':' || field, '' order by nth)
      from unnest(array[p_previous, p_event.workspace_id, p_event.id::text, p_event.actor, p_event.action, p_event.details::text,
        to_char(p_event.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US')]) with ordinality as fields (field, nth)), 'utf8')), 'hex')
  else
    encode(sha256(convert_to(concat_ws('|', p_previous, p_event.workspace_id, p_event.actor, p_event.action, p_event.details::text,
      to_char(p_event.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US')), 'utf8')), 'hex')
  end
$function$
;
comment on function patchbay.audit_hash(text,patchbay.audit_events) is 'the hash an audit row must have after the given one, in the form of the hash it has; a new row''s begins with 2:';

CREATE OR REPLACE FUNCTION patchbay.audit_list(p_workspace text, p_filter jsonb, p_upto bigint, p_skip integer, p_limit integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
$function$
;
comment on function patchbay.audit_list(text,jsonb,bigint,integer,integer) is 'audit rows of a workspace, the newest first: of a person, a connection, kinds of actions, since a time';

CREATE OR REPLACE FUNCTION patchbay.audit_lock(p_workspace text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select pg_advisory_xact_lock(hashtextextended('patchbay audit ' || p_workspace, 0))
$function$
;
comment on function patchbay.audit_lock(text) is 'lets one transaction at a time change a workspace''s audit chain';

CREATE OR REPLACE FUNCTION patchbay.audit_named(p_workspace text, p_value jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
end $function$
;
comment on function patchbay.audit_named(text,jsonb) is 'what stands in an audit row with the people that are still known by their ids';

CREATE OR REPLACE FUNCTION patchbay.audit_person(p_workspace text, p_user text)
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
end $function$
;
comment on function patchbay.audit_person(text,text) is 'the keyed hash that stands for a person in the audit; only for holders of the audit''s lock';

CREATE OR REPLACE FUNCTION patchbay.audit_prune(p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  target text;
  pruned integer := 0;
begin
  select w.workspace_id into target from workspaces w
  where (select e.at from audit_events e where e.workspace_id = w.workspace_id order by e.id limit 1)
    < clock_timestamp() - audit_retention(w.workspace_id)
  limit 1;
  if not found then return to_jsonb(0); end if;
  perform audit_lock(target);
  with due as (
    select id, hash from (select * from audit_events where workspace_id = target order by id limit p_limit) oldest
    where at < clock_timestamp() - audit_retention(target)
  ),
  anchor as (
    insert into audit_anchors (workspace_id, last_id, hash) select target, id, hash from due order by id desc limit 1
    on conflict (workspace_id) do update set last_id = excluded.last_id, hash = excluded.hash, pruned_at = excluded.pruned_at
  ),
  gone as (delete from audit_events e using due where e.id = due.id returning e.id)
  select count(*) into pruned from gone;
  return to_jsonb(pruned);
end $function$
;
comment on function patchbay.audit_prune(integer) is 'deletes the oldest audit rows of one workspace that are past its retention; how many';

CREATE OR REPLACE FUNCTION patchbay.audit_refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  if tg_op = 'DELETE' then
    if old.at < clock_timestamp() - audit_retention(old.workspace_id) then return old; end if;
  end if;
  raise exception 'audit_events is append-only' using errcode = 'PT403';
end $function$
;
comment on function patchbay.audit_refuse_change() is 'keeps the audit append-only; a row may be deleted only when its retention is over';

CREATE OR REPLACE FUNCTION patchbay.audit_retention(p_workspace text)
 RETURNS interval
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select make_interval(days => (settings_of(p_workspace) ->> 'audit_retention_days')::integer)
$function$
;
comment on function patchbay.audit_retention(text) is 'how long a workspace keeps its audit';

CREATE OR REPLACE FUNCTION patchbay.audit_seal(p_workspace text, p_row bigint, p_hash text, p_at timestamp with time zone, p_mac text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  insert into audit_seals (workspace_id, row_id, hash, row_at, mac) values (p_workspace, p_row, p_hash, p_at, p_mac)
  on conflict (workspace_id) do update set row_id = excluded.row_id, hash = excluded.hash, row_at = excluded.row_at, mac = excluded.mac,
    sealed_at = clock_timestamp()
  where audit_seals.row_id < excluded.row_id;
  select null::jsonb
$function$
;
comment on function patchbay.audit_seal(text,bigint,text,timestamp with time zone,text) is 'saves the seal of an audit row; an older one never takes the place of a newer one';

CREATE OR REPLACE FUNCTION patchbay.audit_state(p_workspace text, p_rows jsonb)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select jsonb_build_object(
    'seal', (select jsonb_build_object('row', row_id, 'hash', hash, 'at', row_at, 'mac', mac) from audit_seals where workspace_id = p_workspace),
    'pruned', (select last_id from audit_anchors where workspace_id = p_workspace),
    'rows', (select coalesce(jsonb_agg(jsonb_build_object('row', id, 'hash', hash, 'at', at)), '[]') from audit_events
      where workspace_id = p_workspace and (id in (select value::bigint from jsonb_array_elements_text(p_rows))
        or id = (select row_id from audit_seals where workspace_id = p_workspace))))
$function$
;
comment on function patchbay.audit_state(text,jsonb) is 'what a workspace''s seals are held against: its sealed row, the newest pruned one, and these rows';

CREATE OR REPLACE FUNCTION patchbay.audit_without_names(p_workspace text, p_value jsonb, p_field text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
end $function$
;
comment on function patchbay.audit_without_names(text,jsonb,text) is 'the details of an audit row with people by their hashes';

CREATE OR REPLACE FUNCTION patchbay.audit_workspaces()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(workspace_id order by workspace_id), '[]')
  from (select workspace_id from workspaces union select workspace_id from audit_seals) every
$function$
;
comment on function patchbay.audit_workspaces() is 'workspaces that may have an audit';

CREATE OR REPLACE FUNCTION patchbay.budget_state(p_workspace text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select jsonb_build_object('budget_usd', w.settings -> 'budget_usd', 'spent_usd',
    (select coalesce(sum(cost_usd), 0) from runs where workspace_id = p_workspace and started_at >= month_start()))
  from workspaces w where w.workspace_id = p_workspace and w.settings ? 'budget_usd'
$function$
;
comment on function patchbay.budget_state(text) is 'a workspace''s monthly budget and what is spent of it; null without a budget';

CREATE OR REPLACE FUNCTION patchbay.channel_agent_set(p_workspace text, p_user text, p_channel text, p_agent text, p_name text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  insert into channel_agents (workspace_id, channel, agent_id) values (p_workspace, p_channel, p_agent)
  on conflict (workspace_id, channel) do update set agent_id = excluded.agent_id;
  perform audit_append(p_workspace, p_user, 'agent_of_channel_set', jsonb_build_object('agent', p_agent, 'name', p_name, 'channel', p_channel));
  return null;
end $function$
;
comment on function patchbay.channel_agent_set(text,text,text,text,text) is 'chooses the agent of a channel; null: none. The caller checks that everybody there may use it';

CREATE OR REPLACE FUNCTION patchbay.child_settle(p_parent uuid, p_call text, p_event jsonb, p_instance text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare row runs;
begin
  select * into row from runs where id = p_parent for update;
  if not found or row.status = 'closed' or row.outcome is not null
    or exists (select from run_events where run_id = p_parent and type = 'returned' and body ->> 'call' = p_call) then
    return '{"kind": "already", "fence": null}';
  end if;
  perform run_append_locked(p_parent, jsonb_build_array(p_event));
  update runs set status = 'working', wake_at = null where id = p_parent and status = 'suspended';
  return jsonb_build_object('kind', 'settled', 'fence', run_claim_if_free(p_parent, p_instance, p_lease_ms));
end $function$
;
comment on function patchbay.child_settle(uuid,text,jsonb,text,integer) is 'gives a run the result of one that it asked for, once, and wakes it; locks no child';

CREATE OR REPLACE FUNCTION patchbay.children_unsettled(p_limit integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object('id', id, 'events', run_events_bare(id)) order by number), '[]') from (
    select c.id, c.number from runs p join runs c on c.parent_run = p.id
    where p.status <> 'closed' and p.outcome is null and c.status = 'closed'
      and not exists (select from run_events e where e.run_id = p.id and e.type = 'returned' and e.body ->> 'call' = c.parent_call)
    order by c.number limit p_limit) c
$function$
;
comment on function patchbay.children_unsettled(integer) is 'runs that have ended, and of whose end a crash has kept who asked for them from hearing';

CREATE OR REPLACE FUNCTION patchbay.clear_connection_secure(p_workspace text, p_id uuid, p_old text, p_new text, p_names jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  delete from mcp_clear_connections where connection_id = p_id;
  if not found then return 'false'::jsonb; end if;
  update mcp_connections set credential_reference = p_new, connection_config = connection_config || jsonb_build_object(
      'inputs', (connection_config -> 'inputs') - array(select jsonb_array_elements_text(p_names)),
      'entry', entry_with_secret_headers(connection_config -> 'entry'))
  where id = p_id and workspace_id = p_workspace and credential_reference is not distinct from p_old;
  if not found then
    insert into mcp_clear_connections (connection_id) values (p_id);
    return 'false'::jsonb;
  end if;
  perform audit_append(p_workspace, 'patchbay', 'connection_secured', jsonb_build_object('connection', p_id, 'inputs', p_names));
  return 'true'::jsonb;
end $function$
;
comment on function patchbay.clear_connection_secure(text,uuid,text,text,jsonb) is 'a connection whose values of headers were saved under a new reference; false when it changed meanwhile or another instance did it';

CREATE OR REPLACE FUNCTION patchbay.clear_connections()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'workspace', c.workspace_id, 'credential', c.credential_reference,
    'values', (select coalesce(jsonb_object_agg(i ->> 'name', c.connection_config -> 'inputs' -> (i ->> 'name')), '{}')
      from jsonb_array_elements(c.connection_config -> 'entry' -> 'inputs') i
      where not (i -> 'secret')::boolean and is_header_value(c.connection_config -> 'entry', i) and c.connection_config -> 'inputs' ? (i ->> 'name')))), '[]')
  from mcp_clear_connections k join mcp_connections c on c.id = k.connection_id
$function$
;
comment on function patchbay.clear_connections() is 'connections that hold values of headers in the clear, with these values';

CREATE OR REPLACE FUNCTION patchbay.connect_submission_delete(p_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  delete from connect_submissions where submission_id = p_id;
  select null::jsonb
$function$
;
comment on function patchbay.connect_submission_delete(uuid) is 'ends a form whose outcome was told';

CREATE OR REPLACE FUNCTION patchbay.connect_submission_save(p_id uuid, p_workspace text, p_user text, p_view text, p_hash text, p_details jsonb, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare standing uuid;
begin
  insert into connect_submissions (submission_id, workspace_id, user_id, view_id, view_hash, details, lease_until)
  values (p_id, p_workspace, p_user, p_view, p_hash, p_details, clock_timestamp() + p_lease_ms * interval '1 millisecond')
  on conflict do nothing;
  if found then return null; end if;
  select submission_id into standing from connect_submissions
  where workspace_id = p_workspace and view_id = p_view and view_hash = p_hash;
  return to_jsonb(standing);
end $function$
;
comment on function patchbay.connect_submission_save(uuid,text,text,text,text,jsonb,integer) is 'saves a submitted form for an instance that connects at once; the one that was submitted before from this form and is still under way; a form shown again has another hash';

CREATE OR REPLACE FUNCTION patchbay.connect_submissions_claim(p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  with due as (
    select submission_id from connect_submissions where lease_until < clock_timestamp()
    order by lease_until limit 10 for update skip locked
  ), claimed as (
    update connect_submissions c
    set lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond', tries = c.tries + 1
    from due where c.submission_id = due.submission_id returning c.*
  )
  select coalesce(jsonb_agg(to_jsonb(claimed)), '[]') from claimed
$function$
;
comment on function patchbay.connect_submissions_claim(integer) is 'takes over the forms whose instance died';

CREATE OR REPLACE FUNCTION patchbay.connect_submissions_forget(p_workspace text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  with gone as (delete from connect_submissions where workspace_id = p_workspace returning submission_id)
  select coalesce(jsonb_agg(submission_id), '[]') from gone
$function$
;
comment on function patchbay.connect_submissions_forget(text) is 'deletes the forms of a workspace that the app has left; which';

CREATE OR REPLACE FUNCTION patchbay.connection_add(p_workspace text, p_user text, p_id uuid, p_name text, p_card text, p_config jsonb, p_credential text, p_tools jsonb, p_unusable jsonb, p_instructions text, p_features jsonb, p_era jsonb, p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
end $function$
;
comment on function patchbay.connection_add(text,text,uuid,text,text,jsonb,text,jsonb,jsonb,text,jsonb,jsonb,integer) is 'saves a connection that was tested, with all its server said';

CREATE OR REPLACE FUNCTION patchbay.connection_by_name(p_workspace text, p_user text, p_name text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select to_jsonb(c) from mcp_connections c
  where c.workspace_id = p_workspace and coalesce(c.user_id, '') = p_user and lower(c.connection_name) = lower(p_name)
$function$
;
comment on function patchbay.connection_by_name(text,text,text) is 'one connection of a person by its name';

CREATE OR REPLACE FUNCTION patchbay.connection_get(p_workspace text, p_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select to_jsonb(c) from mcp_connections c where c.id = p_id and c.workspace_id = p_workspace
$function$
;
comment on function patchbay.connection_get(text,uuid) is 'one connection of a workspace';

CREATE OR REPLACE FUNCTION patchbay.connection_keep_pins()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  waiting jsonb;
  told jsonb;
  pinned tool_pins;
begin
  with compared as (
    select l.tool, l.at, p.definition, p.hash is distinct from tool_pin_hash(l.tool) as differs
    from jsonb_array_elements(new.tools_available) with ordinality l (tool, at)
    left join tool_pins p on p.connection_id = new.id and p.tool = l.tool ->> 'name'
  )
  select coalesce(jsonb_agg(tool order by at) filter (where differs), '[]'),
    -- What a result is checked against comes from the server that makes it.
    coalesce(jsonb_agg(definition - 'outputSchema' || case when tool ? 'outputSchema'
      then jsonb_build_object('outputSchema', tool -> 'outputSchema') else '{}' end order by at) filter (where definition is not null), '[]')
  into waiting, new.tools_available from compared;
  select * into pinned from tool_pins where connection_id = new.id and tool = '';
  if new.server_instructions is not null and pinned.hash is distinct from tool_pin_hash(to_jsonb(new.server_instructions)) then
    told := to_jsonb(new.server_instructions);
  end if;
  if new.server_instructions is not null then new.server_instructions := pinned.definition #>> '{}'; end if;
  new.listing_changes := null;
  if waiting <> '[]' or told is not null then
    new.listing_changes := jsonb_strip_nulls(jsonb_build_object('instructions', told))
      || jsonb_build_object('tools', waiting, 'hash', encode(sha256(convert_to(waiting::text || coalesce(told::text, ''), 'UTF8')), 'hex'));
    if new.listing_changes ->> 'hash' is distinct from old.listing_changes ->> 'hash' then
      perform audit_append(new.workspace_id, 'patchbay', 'tools_changed', jsonb_build_object('connection', new.id, 'name', new.connection_name,
        'instructions', told is not null, 'hash', new.listing_changes -> 'hash', 'count', jsonb_array_length(waiting),
        'tools', (select coalesce(jsonb_agg(t ->> 'name' order by at), '[]') from jsonb_array_elements(waiting) with ordinality w (t, at) where at <= 50)));
    end if;
  end if;
  return new;
end $function$
;
comment on function patchbay.connection_keep_pins() is 'keeps the accepted tools and instructions in place of changed ones, which wait for their owner';

CREATE OR REPLACE FUNCTION patchbay.connection_pin()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  perform tool_pins_take(new.id, new.tools_available, new.server_instructions, null);
  return null;
end $function$
;
comment on function patchbay.connection_pin() is 'what a server lists when it is connected is accepted';

CREATE OR REPLACE FUNCTION patchbay.connection_remove(p_workspace text, p_user text, p_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
end $function$
;
comment on function patchbay.connection_remove(text,text,uuid) is 'removes a person''s own connection';

CREATE OR REPLACE FUNCTION patchbay.connection_replace(p_workspace text, p_user text, p_id uuid, p_config jsonb, p_credential text, p_tools jsonb, p_unusable jsonb, p_instructions text, p_features jsonb, p_era jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
end $function$
;
comment on function patchbay.connection_replace(text,text,uuid,jsonb,text,jsonb,jsonb,text,jsonb,jsonb) is 'new inputs after a reconnect that worked, with all its server said';

CREATE OR REPLACE FUNCTION patchbay.connection_save_era(p_workspace text, p_id uuid, p_era jsonb)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  update mcp_connections set protocol_era = p_era, protocol_era_at = now() where id = p_id and workspace_id = p_workspace;
  select null::jsonb
$function$
;
comment on function patchbay.connection_save_era(text,uuid,jsonb) is 'the protocol revision a server turned out to speak';

CREATE OR REPLACE FUNCTION patchbay.connection_save_features(p_workspace text, p_id uuid, p_features jsonb)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  update mcp_connections set server_features = p_features
  where id = p_id and workspace_id = p_workspace and server_features is distinct from p_features;
  select null::jsonb
$function$
;
comment on function patchbay.connection_save_features(text,uuid,jsonb) is 'what a server offers beside tools';

CREATE OR REPLACE FUNCTION patchbay.connection_save_server_info(p_workspace text, p_id uuid, p_tools jsonb, p_unusable jsonb, p_instructions text, p_features jsonb)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  update mcp_connections set tools_available = p_tools, unusable_tools = p_unusable, server_instructions = p_instructions,
    server_features = coalesce(p_features, server_features)
  -- What differed may be as it was accepted again.
  where id = p_id and workspace_id = p_workspace and (listing_changes is not null
    or (tools_available, unusable_tools, server_instructions, server_features)
      is distinct from (p_tools, p_unusable, p_instructions, coalesce(p_features, server_features)));
  select null::jsonb
$function$
;
comment on function patchbay.connection_save_server_info(text,uuid,jsonb,jsonb,text,jsonb) is 'what a connection''s server says of itself now; null features leave what was known of them';

CREATE OR REPLACE FUNCTION patchbay.connection_saved(p_workspace text, p_user text, p_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  -- A save of the same person may still be under way; after the lock its result is final.
  perform pg_advisory_xact_lock(hashtextextended('patchbay connections ' || p_workspace || p_user, 0));
  return (select to_jsonb(c) from mcp_connections c where c.id = p_id and c.workspace_id = p_workspace and c.user_id = p_user);
end $function$
;
comment on function patchbay.connection_saved(text,text,uuid) is 'what became of a save whose answer was lost';

CREATE OR REPLACE FUNCTION patchbay.connection_set_status(p_workspace text, p_id uuid, p_status text, p_reason text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  update mcp_connections set status = p_status, status_reason = p_reason
  where id = p_id and workspace_id = p_workspace and (status, status_reason) is distinct from (p_status, p_reason);
  select null::jsonb
$function$
;
comment on function patchbay.connection_set_status(text,uuid,text,text) is 'whether a connection works';

CREATE OR REPLACE FUNCTION patchbay.connection_share(p_workspace text, p_user text, p_id uuid, p_audience text, p_people jsonb, p_level text, p_from_file boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  row mcp_connections;
  before jsonb;
  ended jsonb;
begin
  perform pg_advisory_xact_lock(hashtextextended('patchbay connections ' || p_workspace || p_user, 0));
  select * into row from mcp_connections
  where id = p_id and workspace_id = p_workspace and user_id in (p_user, 'W00') for update;
  if not found then return null; end if;
  select to_jsonb(s) into before from shared_connections s where s.connection_id = p_id;
  -- What one person decided for their own use, nobody else has decided.
  select coalesce(jsonb_agg(to_jsonb(r) order by r.created_at), '[]') into ended from rules r where r.connection_id = p_id;
  delete from rules where connection_id = p_id;
  update mcp_connections set user_id = 'W00' where id = p_id returning * into row;
  insert into shared_connections (connection_id, audience, people, level, shared_by, from_file)
  values (p_id, p_audience, p_people, p_level, p_user, p_from_file)
  on conflict (connection_id) do update set audience = excluded.audience, people = excluded.people, level = excluded.level,
    shared_by = case when p_from_file then excluded.shared_by else shared_connections.shared_by end, from_file = p_from_file;
  perform audit_append(p_workspace, p_user, 'connection_shared', jsonb_build_object('connection', p_id, 'name', row.connection_name,
    'card', row.mcp_type, 'audience', p_audience, 'people', p_people, 'level', p_level, 'from_file', p_from_file, 'before', before, 'rules', ended));
  return shared_connection_row(row);
exception when unique_violation then
  raise exception 'There is already a workspace connection called "%". Disconnect that one first, or connect yours under another name.',
    (select connection_name from mcp_connections where id = p_id) using errcode = 'PT410';
end $function$
;
comment on function patchbay.connection_share(text,text,uuid,text,jsonb,text,boolean) is 'shares a person''s connection with the workspace, or changes who may use it; the caller checks who may do this';

CREATE OR REPLACE FUNCTION patchbay.connections_in(p_workspace text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(to_jsonb(c) order by c.created_at), '[]') from mcp_connections c where c.workspace_id = p_workspace
$function$
;
comment on function patchbay.connections_in(text) is 'all connections of a workspace';

CREATE OR REPLACE FUNCTION patchbay.connections_of(p_workspace text, p_user text, p_known jsonb)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(case when p_known ? c.tools_hash then to_jsonb(c) - 'tools_available' else to_jsonb(c) end
    || case when r.card_name is null then '{}' else jsonb_build_object('classed_tools', r.available_tools) end
    order by lower(c.connection_name)), '[]')
  from mcp_connections c
  left join mcp_run_cards r on r.card_name = c.mcp_type and r.workspace_id = c.workspace_id and r.source = 'saved' and r.is_public
    and r.version = c.connection_config #>> '{entry,version}'
  where c.workspace_id = p_workspace and c.user_id = p_user
$function$
;
comment on function patchbay.connections_of(text,text,jsonb) is 'a person''s connections by name; without the tools whose hashes are known';

CREATE OR REPLACE FUNCTION patchbay.connections_remove_all(p_workspace text, p_actor text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
end $function$
;
comment on function patchbay.connections_remove_all(text,text) is 'removes all connections of a workspace that the app left';

CREATE OR REPLACE FUNCTION patchbay.connectors_set(p_workspace text, p_user text, p_card text, p_who text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  insert into workspaces (workspace_id) values (p_workspace) on conflict do nothing;
  update workspaces set settings = settings || jsonb_build_object('connectors', case
    when p_who is null then coalesce(settings -> 'connectors', '{}') - p_card
    else coalesce(settings -> 'connectors', '{}') || jsonb_build_object(p_card, p_who) end)
  where workspace_id = p_workspace;
  perform audit_append(p_workspace, p_user, 'connectors_set', jsonb_build_object('card', p_card, 'who', p_who));
  return null;
end $function$
;
comment on function patchbay.connectors_set(text,text,text,text) is 'who may connect a card, * being every card: approvers, owners, nobody; null = everybody';

CREATE OR REPLACE FUNCTION patchbay.conversation_history(p_run uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
$function$
;
comment on function patchbay.conversation_history(uuid) is 'what was said in a conversation before this run: the newest summary, every ended run after it, what was heard between them, and in direct messages the exchange before the conversation';

CREATE OR REPLACE FUNCTION patchbay.conversation_open_run(p_conversation text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select jsonb_build_object('known', exists (select from runs where conversation = p_conversation),
    'open', (select id from runs where conversation = p_conversation and status <> 'closed' order by number limit 1))
$function$
;
comment on function patchbay.conversation_open_run(text) is 'whether a conversation is ours, and the run at work in it';

CREATE OR REPLACE FUNCTION patchbay.credential_references(p_action text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  answer jsonb;
  counted record;
begin
  with saved (reference, required, workspace, owner, connection) as (
    select credential_reference, true, workspace_id, user_id, connection_name
    from mcp_connections where credential_reference is not null
    union all select 'connection/' || id || '/sign-in', false, workspace_id, user_id, connection_name from mcp_connections
    union all select distinct 'identity/' || workspace_id || '/' || user_id, false, workspace_id, user_id, null
    from mcp_connections where user_id is not null
    union all select credential_reference, true, workspace_id, null, null from installations
    union all select 'sign-in/' || state_hash, false, workspace_id, user_id, null from sign_ins
    union all select 'sign-in-code/' || id, false, workspace_id, user_id, null from sign_in_codes
    union all select 'submission/' || submission_id, false, workspace_id, user_id, null from connect_submissions
    union all select 'secret-entry/' || id, false, workspace_id, user_id, null from secret_entries
  )
  select coalesce(jsonb_agg(to_jsonb(saved) order by workspace, owner, reference), '[]') into answer from saved;
  for counted in select f ->> 'workspace' as workspace, count(*) as credentials from jsonb_array_elements(answer) f group by 1 order by 1 loop
    perform audit_append(counted.workspace, 'patchbay', p_action, jsonb_build_object('credentials', counted.credentials));
  end loop;
  return answer;
end $function$
;
comment on function patchbay.credential_references(text) is 'every reference that may be in the credential store, with whose it is, for a command of the operator; each workspace''s audit gets a row of that action';

CREATE OR REPLACE FUNCTION patchbay.entry_with_secret_headers(p_entry jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select jsonb_set(p_entry, '{inputs}', coalesce((
    select jsonb_agg(case when is_header_value(p_entry, i.input) then (i.input || '{"secret": true}') - 'default' else i.input end order by i.nth)
    from jsonb_array_elements(p_entry -> 'inputs') with ordinality as i (input, nth)), '[]'))
$function$
;
comment on function patchbay.entry_with_secret_headers(jsonb) is 'a registry entry in which every value of a header is a secret';

CREATE OR REPLACE FUNCTION patchbay.exchange_before(p_run uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'events', (
      select jsonb_agg(e.body order by e.seq) from run_events e
      where e.run_id = r.id and e.type in ('started', 'files_added', 'replied', 'withdrawn', 'stopped', 'failed', 'finished'))) order by r.number), '[]')
  from (
    select recent.id, recent.number
    from runs this cross join lateral (
      -- Among a person's last runs in all places; more of them in one hour are not looked through.
      select * from runs r where r.workspace_id = this.workspace_id and r.user_id = this.user_id and r.number < this.number
      order by r.number desc limit 50) recent
    where this.id = p_run and recent.conversation <> this.conversation
      and starts_with(recent.conversation, this.workspace_id || ':' ||
        (select body #>> '{origin,channel}' from run_events where run_id = p_run and seq = 1) || ':')
      and (recent.started_at >= this.started_at - interval '1 hour'
        or recent.closed_at between this.started_at - interval '1 hour' and this.started_at)
      -- What ends only later would change what was told; what was deleted or said anew is told to nobody.
      and exists (select from run_events e where e.run_id = recent.id and e.type in ('stopped', 'failed', 'finished')
        and e.at <= this.started_at)
      and not exists (select from run_events e where e.run_id = recent.id and e.type = 'stopped'
        and e.body ->> 'why' in ('request_deleted', 'message_changed'))
    order by recent.number desc limit 5) r
$function$
;
comment on function patchbay.exchange_before(uuid) is 'a person''s last runs in the same direct messages, that have ended, and begun or ended within the hour before this run';

CREATE OR REPLACE FUNCTION patchbay.feedback_save(p_workspace text, p_run uuid, p_user text, p_verdict text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  insert into run_feedback (run_id, user_id, verdict)
  select id, p_user, p_verdict from runs where id = p_run and workspace_id = p_workspace
  on conflict (run_id, user_id) do update set verdict = excluded.verdict, at = now();
  return to_jsonb(found);
end $function$
;
comment on function patchbay.feedback_save(text,uuid,text,text) is 'saves a person''s verdict on a run; false when there is no such run here';

CREATE OR REPLACE FUNCTION patchbay.heard_in_conversation(p_run uuid, p_after text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object('ts', h.ts, 'author', h.author, 'text', h.text) order by h.ts), '[]')
  from (
    select m.ts, m.author, m.text from heard_messages m
    where m.conversation = (select conversation from runs where id = p_run) and m.text is not null
      and m.ts > p_after collate "C" and m.ts < run_message_ts(p_run) collate "C"
      -- A mention that an edit added made a request of what was only heard before.
      and not exists (select from runs where dedupe_key = m.workspace_id || ':' || m.channel || ':' || m.ts)
    order by m.ts desc limit 500) h
$function$
;
comment on function patchbay.heard_in_conversation(uuid,text) is 'what was heard in a conversation after a message and before the one that asked for a run: the newest 500 messages';

CREATE OR REPLACE FUNCTION patchbay.heard_messages_forget(p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare gone integer;
begin
  delete from heard_messages where workspace_id = p_workspace and (p_user is null or user_id = p_user);
  get diagnostics gone = row_count;
  return to_jsonb(gone);
end $function$
;
comment on function patchbay.heard_messages_forget(text,text) is 'deletes what was heard of a person, or with null of the whole workspace; how many messages';

CREATE OR REPLACE FUNCTION patchbay.heard_messages_prune(p_limit integer)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  delete from heard_messages h using (
    select due.workspace_id, due.channel, due.ts from workspaces w cross join lateral (
      select m.workspace_id, m.channel, m.ts from heard_messages m
      where m.workspace_id = w.workspace_id and m.heard_at < now() - run_retention(w.workspace_id)
      order by m.heard_at limit p_limit for update skip locked
    ) due limit p_limit
  ) old where h.workspace_id = old.workspace_id and h.channel = old.channel and h.ts = old.ts
$function$
;
comment on function patchbay.heard_messages_prune(integer) is 'deletes the oldest heard messages that are past their workspace''s retention of runs';

CREATE OR REPLACE FUNCTION patchbay.input_answer(p_workspace text, p_id text, p_run uuid, p_by text, p_action text, p_event jsonb, p_instance text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  row input_requests;
  event jsonb := p_event;
  verdict text := p_action;
begin
  perform from runs where id = p_run and workspace_id = p_workspace for update;
  select * into row from input_requests where id = p_id and run_id = p_run and workspace_id = p_workspace for update;
  if not found then return jsonb_build_object('kind', 'gone'); end if;
  if p_action <> 'expired' and p_by is distinct from row.user_id then
    return jsonb_build_object('kind', 'not_yours', 'person', row.user_id);
  end if;
  if row.status <> 'pending' then
    return jsonb_build_object('kind', 'already', 'run', row.run_id, 'action', row.status, 'by', row.answered_by, 'at', row.answered_at);
  end if;
  if row.expires_at <= clock_timestamp() and p_action <> 'expired' then
    verdict := 'expired';
    event := jsonb_build_object('type', 'given_input', 'call', row.call_id, 'input', row.id, 'action', 'expired', 'at', p_event -> 'at');
  end if;
  update input_requests set status = verdict, answered_by = case when verdict = p_action then p_by end, answered_at = clock_timestamp()
  where id = p_id returning * into row;
  perform run_append_locked(row.run_id, jsonb_build_array(event));
  update runs set status = 'working' where id = row.run_id and status = 'suspended';
  perform audit_append(row.workspace_id, coalesce(row.answered_by, 'patchbay'), 'input_' || verdict,
    jsonb_build_object('input', row.id, 'run', row.run_id, 'call', row.call_id, 'kind', row.kind));
  return jsonb_build_object('kind', case when verdict = p_action then 'settled' else 'already' end, 'run', row.run_id,
    'action', verdict, 'by', row.answered_by, 'at', row.answered_at,
    'fence', case when p_instance is not null then run_claim_if_free(row.run_id, p_instance, p_lease_ms) end);
end $function$
;
comment on function patchbay.input_answer(text,text,uuid,text,text,jsonb,text,integer) is 'one compare-and-swap on pending; whoever settles also claims the run';

CREATE OR REPLACE FUNCTION patchbay.input_expire(p_at text, p_skip jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare due record;
begin
  select id, run_id, call_id, workspace_id into due from input_requests
  where status = 'pending' and expires_at <= clock_timestamp() and not p_skip ? id order by expires_at limit 1;
  if not found then return null; end if;
  begin
    perform input_answer(due.workspace_id, due.id, due.run_id, null, 'expired',
      jsonb_build_object('type', 'given_input', 'call', due.call_id, 'input', due.id, 'action', 'expired', 'at', p_at), null, 0);
  exception when others then
    return jsonb_build_object('id', due.id, 'failed', sqlerrm);
  end;
  return jsonb_build_object('id', due.id, 'failed', null);
end $function$
;
comment on function patchbay.input_expire(text,jsonb) is 'settles one input request nobody answered in time, but none of p_skip; its id and why it could not be settled, or null when none is due';

CREATE OR REPLACE FUNCTION patchbay.input_reminder_release(p_id text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  update input_requests set reminded_at = null where id = p_id and status = 'pending';
  select null::jsonb
$function$
;
comment on function patchbay.input_reminder_release(text) is 'makes a claimed reminder that could not be sent due again';

CREATE OR REPLACE FUNCTION patchbay.input_reminders_claim(p_lead_ms integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  with due as (
    -- A live request lasts minutes, so nobody is reminded of it.
    select id from input_requests
    where status = 'pending' and not live and reminded_at is null and expires_at > clock_timestamp()
      and expires_at <= clock_timestamp() + p_lead_ms * interval '1 millisecond'
    order by expires_at limit 20 for update skip locked
  ),
  claimed as (update input_requests i set reminded_at = clock_timestamp() from due where i.id = due.id returning i.id, i.workspace_id)
  select coalesce(jsonb_agg(jsonb_build_object('id', id, 'workspace', workspace_id)), '[]') from claimed
$function$
;
comment on function patchbay.input_reminders_claim(integer) is 'claims the reminders of input requests that are due, each once';

CREATE OR REPLACE FUNCTION patchbay.input_run(p_workspace text, p_id text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select jsonb_build_object('run', run_id, 'call', call_id, 'input', id, 'events', run_events_bare(run_id))
  from input_requests where id = p_id and workspace_id = p_workspace
$function$
;
comment on function patchbay.input_run(text,text) is 'the run and call an input request is about';

CREATE OR REPLACE FUNCTION patchbay.inputs_close(p_run uuid, p_call text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  update input_requests set status = 'over', answered_at = clock_timestamp()
  where run_id = p_run and status = 'pending' and (p_call is null or call_id = p_call)
$function$
;
comment on function patchbay.inputs_close(uuid,text) is 'closes the open input requests of a call, or with null of the whole run';

CREATE OR REPLACE FUNCTION patchbay.inputs_pending(p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object('run', run_id, 'call', call_id, 'input', id, 'events', run_events_bare(run_id))
    order by created_at), '[]')
  from (select * from input_requests where workspace_id = p_workspace and user_id = p_user and status = 'pending' and expires_at > now()
    order by created_at limit 40) i
$function$
;
comment on function patchbay.inputs_pending(text,text) is 'what is asked of a person now, oldest first';

CREATE OR REPLACE FUNCTION patchbay.installation_of(p_workspace text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select to_jsonb(i) from installations i where i.workspace_id = p_workspace
$function$
;
comment on function patchbay.installation_of(text) is 'the app''s installation in a workspace or organization';

CREATE OR REPLACE FUNCTION patchbay.installation_remove(p_workspace text, p_credential text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  delete from installations where workspace_id = p_workspace and credential_reference = p_credential;
  if not found then return 'false'::jsonb; end if;
  perform audit_append(p_workspace, 'slack', 'app_uninstalled', '{}');
  return 'true'::jsonb;
end $function$
;
comment on function patchbay.installation_remove(text,text) is 'removes an installation that still has this credential; false when it is gone or was installed again since';

CREATE OR REPLACE FUNCTION patchbay.installation_save(p_workspace text, p_name text, p_enterprise boolean, p_bot text, p_bot_user text, p_by text, p_credential text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare former text;
begin
  -- When two people install at once, the later row stays and each former credential is returned once.
  perform pg_advisory_xact_lock(hashtextextended('patchbay installation ' || p_workspace, 0));
  select credential_reference into former from installations where workspace_id = p_workspace;
  insert into installations (workspace_id, name, enterprise, bot_id, bot_user_id, installed_by, credential_reference)
  values (p_workspace, p_name, p_enterprise, p_bot, p_bot_user, p_by, p_credential)
  on conflict (workspace_id) do update set name = excluded.name, enterprise = excluded.enterprise, bot_id = excluded.bot_id,
    bot_user_id = excluded.bot_user_id, installed_by = excluded.installed_by,
    credential_reference = excluded.credential_reference, installed_at = excluded.installed_at;
  perform audit_append(p_workspace, p_by, 'app_installed', jsonb_build_object('name', p_name, 'enterprise', p_enterprise));
  return to_jsonb(former);
end $function$
;
comment on function patchbay.installation_save(text,text,boolean,text,text,text,text) is 'saves an installation; returns the reference of the credential it replaces';

CREATE OR REPLACE FUNCTION patchbay.is_header_value(p_entry jsonb, p_input jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select not p_input ? 'choices' and exists (
    select from jsonb_each_text(p_entry -> 'headers') h where position('{' || (p_input ->> 'name') || '}' in h.value) > 0)
$function$
;
comment on function patchbay.is_header_value(jsonb,jsonb) is 'whether an input of a registry entry fills a header and is not chosen from a list';

CREATE OR REPLACE FUNCTION patchbay.is_plain_request(p_workspace text, p_key text, p_started jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select starts_with(p_key, concat_ws(':', p_workspace, p_started #>> '{origin,channel}', p_started #>> '{origin,messageTs}'))
    and not p_started ?| array['first', 'prompt', 'skill', 'earlier', 'untrusted'] and p_started -> 'context' = '[]'
$function$
;
comment on function patchbay.is_plain_request(text,text,jsonb) is 'whether a request is no more than a message''s words and files';

CREATE OR REPLACE FUNCTION patchbay.message_changed(p_id uuid, p_workspace text, p_user text, p_conversation text, p_message text, p_dedupe_key text, p_events jsonb, p_stop jsonb, p_instance text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  row runs;
  stopped jsonb;
begin
  perform pg_advisory_xact_lock(hashtextextended('patchbay conversation ' || p_conversation, 0));
  if exists (select from runs where dedupe_key = p_dedupe_key) or run_corrected_by(p_conversation, p_dedupe_key) is not null then
    return '{"kind": "over"}';
  end if;
  select * into row from runs r
  where r.conversation = p_conversation and r.user_id = p_user and r.status <> 'closed' and r.outcome is null
    and (r.dedupe_key = p_message or starts_with(r.dedupe_key, p_message || ':edited:') or exists (select from run_events e
      where e.run_id = r.id and e.type = 'withdrawn' and e.body ->> 'messageTs' = p_events #>> '{0,origin,messageTs}'))
  order by r.number limit 1 for update;
  if not found or row.outcome is not null then return '{"kind": "over"}'; end if;
  -- A change comes as two events where it adds a mention, and the other may have asked already.
  if p_events #>> '{0,text}' = (select e.body ->> 'text' from run_events e where e.run_id = row.id
    and p_events #>> '{0,origin,messageTs}' in (e.body #>> '{origin,messageTs}', e.body ->> 'messageTs') order by e.seq desc limit 1) then
    return '{"kind": "over"}';
  end if;
  if run_waits(row.id) then
    perform run_withdraw(row.id, withdrawn_event(p_events -> 0, p_dedupe_key) || '{"edited": true}');
    return jsonb_build_object('kind', 'corrected', 'run', row.id, 'fence', run_claim_if_free(row.id, p_instance, p_lease_ms));
  end if;
  -- What has been done, or answered, or was said since, stays.
  if exists (select from run_events where run_id = row.id
    and (type in ('called', 'withdrawn') or (type = 'replied' and body ->> 'stop' <> 'tools'))) then
    return '{"kind": "over"}';
  end if;
  stopped := run_stop(p_workspace, row.id, p_stop, p_instance, p_lease_ms);
  return jsonb_build_object('kind', 'begun_anew', 'run', row.id, 'fence', stopped -> 'fence', 'begun',
    run_start(p_id, p_workspace, p_user, p_conversation, p_dedupe_key, p_events, null, p_lease_ms));
end $function$
;
comment on function patchbay.message_changed(uuid,text,text,text,text,text,jsonb,jsonb,text,integer) is 'the new words of a message: they withdraw what its run waits for, or begin anew where nothing was done; over where they come too late or again';

CREATE OR REPLACE FUNCTION patchbay.message_deleted(p_workspace text, p_channel text, p_ts text, p_thread text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  message text := p_workspace || ':' || p_channel || ':' || p_ts;
begin
  perform message_lock(message);
  insert into slack_seen_events (event_id) values ('deleted:' || message) on conflict do nothing;
  return (
    select coalesce(jsonb_agg(jsonb_build_object('run', r.id, 'requester', r.user_id) order by r.number), '[]')
    from runs r join run_events e on e.run_id = r.id and e.seq = 1
    where r.status <> 'closed' and r.outcome is null
      and (r.dedupe_key = message or starts_with(r.dedupe_key, message || ':edited:')
        or (r.conversation = p_workspace || ':' || p_channel || ':' || p_thread and p_ts in (p_thread, e.body #>> '{origin,messageTs}',
          (select w.body ->> 'messageTs' from run_events w where w.run_id = r.id and w.type = 'withdrawn' order by w.seq desc limit 1))))
  );
end $function$
;
comment on function patchbay.message_deleted(text,text,text,text) is 'notes that a message is gone; the runs at work that it asked for or corrected last, or whose thread it began, with who asked';

CREATE OR REPLACE FUNCTION patchbay.message_hear(p_workspace text, p_channel text, p_ts text, p_conversation text, p_user text, p_author text, p_text text, p_edited_ts text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  insert into heard_messages (workspace_id, channel, ts, conversation, user_id, author, text, edited_ts)
  select p_workspace, p_channel, p_ts, p_conversation, p_user, p_author, p_text, coalesce(p_edited_ts, '')
  where exists (select from runs where conversation = p_conversation)
    and not exists (select from runs where dedupe_key = p_workspace || ':' || p_channel || ':' || p_ts)
    and run_corrected_by(p_conversation, p_workspace || ':' || p_channel || ':' || p_ts) is null
  on conflict (workspace_id, channel, ts) do update set author = excluded.author, text = excluded.text, edited_ts = excluded.edited_ts
  where heard_messages.text is not null and heard_messages.edited_ts < excluded.edited_ts;
  return to_jsonb(found);
end $function$
;
comment on function patchbay.message_hear(text,text,text,text,text,text,text,text) is 'keeps a message of a conversation that has a run and did not start one, or what it was edited to; true when something changed';

CREATE OR REPLACE FUNCTION patchbay.message_lock(p_key text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select pg_advisory_xact_lock(hashtextextended('patchbay message ' || p_key, 0))
$function$
;
comment on function patchbay.message_lock(text) is 'puts the start of what a message asks for and its deletion in order, so that one sees the other';

CREATE OR REPLACE FUNCTION patchbay.message_unhear(p_workspace text, p_channel text, p_ts text, p_conversation text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  insert into heard_messages (workspace_id, channel, ts, conversation, author)
  select p_workspace, p_channel, p_ts, coalesce(p_conversation, ''), ''
  where exists (select from runs where conversation = p_conversation)
    or exists (select from heard_messages where workspace_id = p_workspace and channel = p_channel and ts = p_ts)
  on conflict (workspace_id, channel, ts) do update set user_id = null, author = '', text = null;
  return to_jsonb(found);
end $function$
;
comment on function patchbay.message_unhear(text,text,text,text) is 'forgets what a deleted message said, also when the deletion comes before the message';

CREATE OR REPLACE FUNCTION patchbay.month_start()
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select date_trunc('month', now() at time zone 'utc') at time zone 'utc'
$function$
;
comment on function patchbay.month_start() is 'when this month began, in UTC';

CREATE OR REPLACE FUNCTION patchbay.note_add(p_root uuid, p_run uuid, p_call text, p_agent text, p_note jsonb, p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  if (select count(*) from run_notes where root_run = p_root) >= p_limit then return 'null'; end if;
  insert into run_notes (root_run, agent, finding, source, confidence, untrusted, by_run, by_call)
  values (p_root, p_agent, p_note ->> 'finding', p_note ->> 'source', p_note ->> 'confidence', p_note -> 'untrusted', p_run, p_call)
  on conflict (by_run, by_call) do nothing;
  return (select to_jsonb(count(*)) from run_notes where root_run = p_root);
end $function$
;
comment on function patchbay.note_add(uuid,uuid,text,text,jsonb,integer) is 'keeps one note of a request, once for each call; how many there are now, or null where there are p_limit';

CREATE OR REPLACE FUNCTION patchbay.notes_of(p_root uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object('agent', agent, 'finding', finding, 'source', source, 'confidence', confidence,
    'untrusted', untrusted) order by id), '[]')
  from run_notes where root_run = p_root
$function$
;
comment on function patchbay.notes_of(uuid) is NULL;

CREATE OR REPLACE FUNCTION patchbay.onboarding_message_remove(p_workspace text, p_channel text, p_ts text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  delete from onboarding_messages where workspace_id = p_workspace and channel = p_channel and ts = p_ts;
  select null::jsonb
$function$
;
comment on function patchbay.onboarding_message_remove(text,text,text) is 'a message will not change any more';

CREATE OR REPLACE FUNCTION patchbay.onboarding_message_save(p_workspace text, p_user text, p_channel text, p_ts text, p_kind text, p_run uuid, p_shown text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  -- Whoever has not begun in a month is not helped by an old message; so a person never has many.
  delete from onboarding_messages where workspace_id = p_workspace and user_id = p_user and posted_at < now() - interval '30 days';
  insert into onboarding_messages (workspace_id, channel, ts, user_id, kind, run_id, shown)
  values (p_workspace, p_channel, p_ts, p_user, p_kind, p_run, p_shown)
  on conflict (workspace_id, channel, ts) do update set shown = excluded.shown;
  return null;
end $function$
;
comment on function patchbay.onboarding_message_save(text,text,text,text,text,uuid,text) is 'saves a message that helps a person begin, or what it says now';

CREATE OR REPLACE FUNCTION patchbay.onboarding_messages_forget(p_workspace text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  delete from onboarding_messages where workspace_id = p_workspace;
  select null::jsonb
$function$
;
comment on function patchbay.onboarding_messages_forget(text) is 'forgets the messages of a workspace that removed the app';

CREATE OR REPLACE FUNCTION patchbay.onboarding_messages_of(p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object('channel', channel, 'ts', ts, 'kind', kind, 'run', run_id, 'shown', shown) order by ts), '[]')
  from onboarding_messages where workspace_id = p_workspace and user_id = p_user
$function$
;
comment on function patchbay.onboarding_messages_of(text,text) is 'the messages that help a person begin';

CREATE OR REPLACE FUNCTION patchbay.own_card_ask(p_workspace text, p_user text, p_name text, p_shared boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  update mcp_run_cards set sharing = case when p_shared then 'shared' else 'asked' end, is_public = p_shared
  where card_name = p_name and workspace_id = p_workspace and created_by = p_user and source = 'saved' and sharing = 'own';
  if not found then return 'false'::jsonb; end if;
  perform audit_append(p_workspace, p_user, case when p_shared then 'card_shared' else 'card_sharing_asked' end, jsonb_build_object('card', p_name));
  return 'true'::jsonb;
end $function$
;
comment on function patchbay.own_card_ask(text,text,text,boolean) is 'asks the owners once whether a card may be shared, or shares it where its maker is one; false when that was done before';

CREATE OR REPLACE FUNCTION patchbay.own_card_class_tools(p_workspace text, p_by text, p_name text, p_tools jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare before jsonb;
begin
  select available_tools into before from mcp_run_cards
  where card_name = p_name and workspace_id = p_workspace and source = 'saved' and is_public for update;
  if not found then return 'false'::jsonb; end if;
  update mcp_run_cards set available_tools = p_tools, updated_at = now() where card_name = p_name;
  perform audit_append(p_workspace, p_by, 'card_tools_classed', jsonb_build_object('card', p_name, 'before', before, 'after', p_tools));
  return 'true'::jsonb;
end $function$
;
comment on function patchbay.own_card_class_tools(text,text,text,jsonb) is 'what an owner says of the tools of a shared card; false when it is gone';

CREATE OR REPLACE FUNCTION patchbay.own_card_decide(p_workspace text, p_by text, p_name text, p_shared boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  row mcp_run_cards;
  decided boolean;
begin
  update mcp_run_cards set sharing = case when p_shared then 'shared' else 'refused' end, is_public = p_shared
  where card_name = p_name and workspace_id = p_workspace and source = 'saved' and sharing = 'asked' returning * into row;
  decided := found;
  if decided then
    perform audit_append(p_workspace, p_by, case when p_shared then 'card_shared' else 'card_sharing_refused' end, jsonb_build_object('card', p_name));
  else
    select * into row from mcp_run_cards where card_name = p_name and workspace_id = p_workspace and source = 'saved';
    if not found then return null; end if;
  end if;
  return jsonb_build_object('decided', decided, 'card', own_card_json(row));
end $function$
;
comment on function patchbay.own_card_decide(text,text,text,boolean) is 'an owner''s word on sharing a card; the first one counts';

CREATE OR REPLACE FUNCTION patchbay.own_card_get(p_workspace text, p_user text, p_name text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select own_card_json(c) from mcp_run_cards c
  where c.card_name = p_name and c.workspace_id = p_workspace and (c.created_by = p_user or c.is_public)
$function$
;
comment on function patchbay.own_card_get(text,text,text) is 'a saved or imported card that this person may connect';

CREATE OR REPLACE FUNCTION patchbay.own_card_json(c patchbay.mcp_run_cards)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select jsonb_build_object('entry', c.config_template, 'source', c.source, 'by', c.created_by, 'sharing', c.sharing,
    'shared', c.is_public, 'tools', c.available_tools, 'asked', c.sharing_asked, 'popularity', c.popularity_score)
$function$
;
comment on function patchbay.own_card_json(patchbay.mcp_run_cards) is 'a saved or imported card as the app reads it';

CREATE OR REPLACE FUNCTION patchbay.own_card_note_asked(p_workspace text, p_name text, p_messages jsonb)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  update mcp_run_cards set sharing_asked = p_messages where card_name = p_name and workspace_id = p_workspace and source = 'saved';
  select null::jsonb
$function$
;
comment on function patchbay.own_card_note_asked(text,text,jsonb) is 'notes the messages that ask the owners';

CREATE OR REPLACE FUNCTION patchbay.own_card_remove(p_workspace text, p_by text, p_name text, p_any boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare row mcp_run_cards;
begin
  delete from mcp_run_cards where card_name = p_name and workspace_id = p_workspace and source = 'saved'
    and (created_by = p_by or (p_any and is_public)) returning * into row;
  if not found then return null; end if;
  perform audit_append(p_workspace, p_by, 'card_removed', jsonb_build_object('card', p_name, 'title', row.title, 'by', row.created_by));
  return own_card_json(row);
end $function$
;
comment on function patchbay.own_card_remove(text,text,text,boolean) is 'removes a saved card: its maker''s, or with p_any one that is shared; connections made from it stay';

CREATE OR REPLACE FUNCTION patchbay.own_cards_add(p_workspace text, p_user text, p_source text, p_cards jsonb, p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  perform pg_advisory_xact_lock(hashtextextended('patchbay own cards ' || p_workspace || p_user, 0));
  insert into workspaces (workspace_id) values (p_workspace) on conflict do nothing;
  -- What was imported and never used is of no use to anybody after a week.
  delete from mcp_run_cards where workspace_id = p_workspace and source = 'imported' and seen_at < clock_timestamp() - interval '7 days';
  if p_source = 'saved' and (select count(*) from mcp_run_cards
    where workspace_id = p_workspace and created_by = p_user and source = 'saved') >= p_limit then
    raise exception 'You already have % cards, which is the most here. Remove one first: /mcp cards.', p_limit using errcode = 'PT429';
  end if;
  insert into mcp_run_cards (card_name, mcp_type, source, title, description, config_template, required_credentials, available_tools,
    created_by, is_public, version, workspace_id, updated_at)
  select r -> 'entry' ->> 'name', r -> 'entry' ->> 'name', p_source, r -> 'entry' ->> 'title', r -> 'entry' ->> 'description', r -> 'entry',
    (select coalesce(jsonb_agg(jsonb_build_object('kind', 'secret', 'name', i -> 'name', 'label', i -> 'label')), '[]')
      from jsonb_array_elements(r -> 'entry' -> 'inputs') i where (i -> 'secret')::boolean and (i -> 'required')::boolean),
    r -> 'tools', p_user, false, r -> 'entry' ->> 'version', p_workspace, now()
  from jsonb_array_elements(p_cards) r
  on conflict (card_name) do nothing;
  delete from mcp_run_cards where card_name in (
    select card_name from mcp_run_cards where workspace_id = p_workspace and created_by = p_user and source = 'imported'
    order by seen_at desc, card_name offset 200);
  if p_source = 'saved' then
    perform audit_append(p_workspace, p_user, 'card_saved', jsonb_build_object('card', p_cards #> '{0,entry,name}', 'title', p_cards #> '{0,entry,title}'));
  end if;
  return null;
end $function$
;
comment on function patchbay.own_cards_add(text,text,text,jsonb,integer) is 'adds a card that a person saved, or the servers of a configuration they imported';

CREATE OR REPLACE FUNCTION patchbay.own_cards_asked(p_workspace text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(own_card_json(c) order by c.updated_at, c.card_name), '[]') from mcp_run_cards c
  where c.workspace_id = p_workspace and c.source = 'saved' and c.sharing = 'asked'
$function$
;
comment on function patchbay.own_cards_asked(text) is 'the cards that the owners are asked to share, the oldest first';

CREATE OR REPLACE FUNCTION patchbay.own_cards_imported(p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(own_card_json(c) order by lower(c.title), c.card_name), '[]')
  -- Imported twice, it is listed once.
  from (select distinct on (title, config_template ->> 'url') * from mcp_run_cards
    where workspace_id = p_workspace and created_by = p_user and source = 'imported' and seen_at > clock_timestamp() - interval '7 days'
    order by title, config_template ->> 'url', seen_at desc) c
  where not exists (select from mcp_connections m where m.workspace_id = p_workspace and m.user_id = p_user
    and m.connection_config #>> '{entry,title}' = c.title and m.connection_config #>> '{entry,url}' = c.config_template ->> 'url')
$function$
;
comment on function patchbay.own_cards_imported(text,text) is 'the servers that a person imported in the last seven days and has not connected';

CREATE OR REPLACE FUNCTION patchbay.own_cards_of(p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(own_card_json(c) order by lower(c.title), c.card_name), '[]') from mcp_run_cards c
  where c.workspace_id = p_workspace and c.source = 'saved' and (c.created_by = p_user or c.is_public)
$function$
;
comment on function patchbay.own_cards_of(text,text) is 'the saved cards that this person may connect: theirs and the workspace''s';

CREATE OR REPLACE FUNCTION patchbay.owners_set(p_workspace text, p_user text, p_owners jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  insert into workspaces (workspace_id, settings) values (p_workspace, jsonb_build_object('owners', p_owners))
  on conflict (workspace_id) do update set settings = workspaces.settings || excluded.settings;
  perform audit_append(p_workspace, p_user, 'owners_set', jsonb_build_object('owners', p_owners));
  return null;
end $function$
;
comment on function patchbay.owners_set(text,text,jsonb) is 'names who is an owner here beside the owners and admins of the Slack workspace; the caller checks who may do this';

CREATE OR REPLACE FUNCTION patchbay.person_agent_set(p_workspace text, p_user text, p_agent text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  if p_agent is null then delete from person_agents where workspace_id = p_workspace and user_id = p_user;
  else
    insert into person_agents (workspace_id, user_id, agent_id) values (p_workspace, p_user, p_agent)
    on conflict (workspace_id, user_id) do update set agent_id = excluded.agent_id;
  end if;
  return null;
end $function$
;
comment on function patchbay.person_agent_set(text,text,text) is 'chooses the agent of a person; null: none';

CREATE OR REPLACE FUNCTION patchbay.person_forget(p_workspace text, p_user text, p_most integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
    delete from run_notes where root_run = one.id or by_run = one.id;
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
  perform workflows_forget(p_workspace, p_user);
  delete from onboarding_messages where workspace_id = p_workspace and user_id = p_user;
  delete from resource_subscriptions where workspace_id = p_workspace and user_id = p_user;
  delete from run_feedback f using runs r where r.id = f.run_id and r.workspace_id = p_workspace and f.user_id = p_user;
  update heard_messages set text = null, author = 'somebody', user_id = null where workspace_id = p_workspace and user_id = p_user;
  perform audit_append(p_workspace, p_user, 'person_forgotten', '{}');
  -- The last of all: from here on nobody can tell whose rows these were.
  delete from audit_people where workspace_id = p_workspace and user_id = p_user;
  return jsonb_build_object('done', true, 'runs', wiped);
end $function$
;
comment on function patchbay.person_forget(text,text,integer) is 'one step of forgetting a person whose connections are gone: at most so many runs; done once nothing of theirs is left';

CREATE OR REPLACE FUNCTION patchbay.person_pending(p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(reference), '[]') from (
    select 'sign-in/' || state_hash as reference from sign_ins where workspace_id = p_workspace and user_id = p_user
    union all select 'secret-entry/' || id from secret_entries where workspace_id = p_workspace and user_id = p_user) pending
$function$
;
comment on function patchbay.person_pending(text,text) is 'what the credential store may keep of a person''s sign-ins and pages under way';

CREATE OR REPLACE FUNCTION patchbay.person_pending_end(p_workspace text, p_user text, p_references jsonb)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  delete from sign_ins where workspace_id = p_workspace and user_id = p_user and p_references ? ('sign-in/' || state_hash);
  delete from secret_entries where workspace_id = p_workspace and user_id = p_user and p_references ? ('secret-entry/' || id);
  select null::jsonb
$function$
;
comment on function patchbay.person_pending_end(text,text,jsonb) is 'ends those whose secrets are gone from the credential store';

CREATE OR REPLACE FUNCTION patchbay.person_runs_open(p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(id order by number), '[]') from runs where workspace_id = p_workspace and user_id = p_user and status <> 'closed'
$function$
;
comment on function patchbay.person_runs_open(text,text) is 'a person''s runs that have not ended yet';

CREATE OR REPLACE FUNCTION patchbay.pin_words(p_text text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select regexp_replace(regexp_replace(p_text,
    '\m(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?|(mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?|sun)(day)?|am|pm)\M',
    '0', 'gi'), '\d+', '0', 'g')
$function$
;
comment on function patchbay.pin_words(text) is 'a text without its dates and numbers: one that differs in nothing else is not told, and the accepted one is used';

CREATE OR REPLACE FUNCTION patchbay.policy_for(p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select jsonb_build_object('rules', rules_for(p_workspace, p_user), 'approvers', approvers_of(p_workspace))
$function$
;
comment on function patchbay.policy_for(text,text) is 'the rules that bind a person, and who decides destructive calls, as they are at one moment';

CREATE OR REPLACE FUNCTION patchbay.rate_block(p_key text, p_until timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  insert into rate_limits (key, tokens, at, blocked_until) values (p_key, 0, clock_timestamp(), p_until)
  on conflict (key) do update set blocked_until = greatest(rate_limits.blocked_until, excluded.blocked_until);
  return 'null';
end $function$
;
comment on function patchbay.rate_block(text,timestamp with time zone) is 'nobody calls there until then, as the service asked';

CREATE OR REPLACE FUNCTION patchbay.rate_take(p_key text, p_per_second double precision, p_burst double precision)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  row rate_limits;
  time timestamptz;
  left_now double precision;
begin
  insert into rate_limits (key, tokens, at) values (p_key, p_burst, clock_timestamp()) on conflict do nothing;
  select * into row from rate_limits where key = p_key for update;
  time := clock_timestamp();
  if row.blocked_until > time then
    return to_jsonb(ceil(extract(epoch from row.blocked_until - time) * 1000)::bigint);
  end if;
  left_now := least(p_burst, row.tokens + extract(epoch from time - row.at) * p_per_second);
  if left_now < 1 then
    return to_jsonb(ceil((1 - left_now) / p_per_second * 1000)::bigint);
  end if;
  update rate_limits set tokens = left_now - 1, at = time, blocked_until = null where key = p_key;
  return '0';
end $function$
;
comment on function patchbay.rate_take(text,double precision,double precision) is 'takes one call of a token bucket: 0, or the milliseconds after which to ask again';

CREATE OR REPLACE FUNCTION patchbay.registry_entry_of(p_card text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select split_part(p_card, '/', 1) || '/' || split_part(p_card, '/', 2)
$function$
;
comment on function patchbay.registry_entry_of(text) is 'the registry''s name of an entry, without the part that names one of its addresses';

CREATE OR REPLACE FUNCTION patchbay.registry_sync_claim(p_url text, p_owner text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
end $function$
;
comment on function patchbay.registry_sync_claim(text,text,integer) is 'the lease to read a registry when a sync is due; null when none is, or when another instance has it';

CREATE OR REPLACE FUNCTION patchbay.registry_sync_finish(p_url text, p_owner text, p_since timestamp with time zone, p_full boolean, p_again_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
end $function$
;
comment on function patchbay.registry_sync_finish(text,text,timestamp with time zone,boolean,integer) is 'ends a sync; after a full one, entries that were not seen are deleted';

CREATE OR REPLACE FUNCTION patchbay.registry_sync_postpone(p_url text, p_owner text, p_failures integer, p_again_ms integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  update mcp_registry_syncs set failures = p_failures, owner = null, lease_until = null,
    next_sync_at = clock_timestamp() + p_again_ms * interval '1 millisecond'
  where url = p_url and owner = p_owner;
  select null::jsonb
$function$
;
comment on function patchbay.registry_sync_postpone(text,text,integer,integer) is 'gives up a sync until later';

CREATE OR REPLACE FUNCTION patchbay.registry_sync_save_page(p_url text, p_owner text, p_lease_ms integer, p_rows jsonb, p_gone jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
  delete from mcp_run_cards c where c.source = 'registry'
    and c.card_name not in (select r -> 'entry' ->> 'name' from jsonb_array_elements(p_rows) r)
    and registry_entry_of(c.card_name) in (
      select jsonb_array_elements_text(p_gone) union select registry_entry_of(r -> 'entry' ->> 'name') from jsonb_array_elements(p_rows) r);
  return 'true'::jsonb;
end $function$
;
comment on function patchbay.registry_sync_save_page(text,text,integer,jsonb,jsonb) is 'saves a page of a registry and renews the lease; false when another instance has it now';

CREATE OR REPLACE FUNCTION patchbay.resource_changes_claim(p_owner text, p_quiet_ms integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
$function$
;
comment on function patchbay.resource_changes_claim(text,integer) is 'claims the changes that are to be posted now, each once';

CREATE OR REPLACE FUNCTION patchbay.resource_subscription_add(p_id uuid, p_connection uuid, p_workspace text, p_user text, p_uri text, p_name text, p_channel text, p_thread text, p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare row resource_subscriptions;
begin
  -- Two presses at once must not both find the last free place.
  perform pg_advisory_xact_lock(hashtextextended('patchbay subscriptions ' || p_workspace || p_user, 0));
  -- The thread does not count: a press that is repeated posts a message of its own first.
  select * into row from resource_subscriptions
  where workspace_id = p_workspace and user_id = p_user
    and connection_id = p_connection and uri = p_uri and channel = p_channel
  order by thread_ts = p_thread desc, created_at desc limit 1;
  if found then
    -- A press that long after the first is no repeated one, and the message of the old thread may be gone.
    if row.created_at < clock_timestamp() - interval '5 minutes' then
      update resource_subscriptions set channel = p_channel, thread_ts = p_thread, created_at = clock_timestamp()
      where id = row.id returning * into row;
    end if;
    return to_jsonb(row);
  end if;
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
end $function$
;
comment on function patchbay.resource_subscription_add(uuid,uuid,text,text,text,text,text,text,integer) is 'posts changes of a resource in a thread from now on';

CREATE OR REPLACE FUNCTION patchbay.resource_subscription_changed(p_connection uuid, p_uri text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  update resource_subscriptions set changed_at = clock_timestamp()
  where connection_id = p_connection and uri = p_uri and changed_at is null;
  select null::jsonb
$function$
;
comment on function patchbay.resource_subscription_changed(uuid,text) is 'records a change that is to be posted';

CREATE OR REPLACE FUNCTION patchbay.resource_subscription_get(p_workspace text, p_user text, p_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select to_jsonb(s) from resource_subscriptions s where s.id = p_id and s.workspace_id = p_workspace and s.user_id = p_user
$function$
;
comment on function patchbay.resource_subscription_get(text,text,uuid) is 'one subscription of a person';

CREATE OR REPLACE FUNCTION patchbay.resource_subscription_remove(p_workspace text, p_user text, p_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare row resource_subscriptions;
begin
  delete from resource_subscriptions where id = p_id and workspace_id = p_workspace and user_id = p_user returning * into row;
  if not found then return null; end if;
  return to_jsonb(row);
end $function$
;
comment on function patchbay.resource_subscription_remove(text,text,uuid) is 'ends a person''s own subscription';

CREATE OR REPLACE FUNCTION patchbay.resource_subscriptions_claim(p_owner text, p_lease_ms integer, p_most integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
end $function$
;
comment on function patchbay.resource_subscriptions_claim(text,integer,integer) is 'claims or renews the connections whose resources this instance listens to';

CREATE OR REPLACE FUNCTION patchbay.resource_subscriptions_release(p_owner text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  update resource_subscriptions set owner = null, lease_until = null where owner = p_owner;
  select null::jsonb
$function$
;
comment on function patchbay.resource_subscriptions_release(text) is 'gives back what an instance listened to';

CREATE OR REPLACE FUNCTION patchbay.restrict_access()
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  revoke all on schema patchbay from public, anon, authenticated;
  revoke all on all tables in schema patchbay from public, anon, authenticated;
  revoke all on all sequences in schema patchbay from public, anon, authenticated;
  revoke all on all functions in schema patchbay from public, anon, authenticated;
  grant usage on schema patchbay to service_role;
  grant all on all tables in schema patchbay to service_role;
  grant all on all sequences in schema patchbay to service_role;
  grant execute on all functions in schema patchbay to service_role;
end $function$
;
comment on function patchbay.restrict_access() is 'closes all tables and functions to everybody but the service role';

CREATE OR REPLACE FUNCTION patchbay.retention_prune(p_runs integer, p_rows integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  perform slack_events_prune();
  perform heard_messages_prune(p_rows);
  delete from token_refresh_leases where lease_until < clock_timestamp() - interval '1 day';
  return jsonb_build_object('runs', runs_prune(p_runs), 'usage', tool_usage_prune(p_rows), 'audit', audit_prune(p_rows));
end $function$
;
comment on function patchbay.retention_prune(integer,integer) is 'one step of pruning: at most p_runs runs, p_rows rows of tool usage and p_rows audit rows';

CREATE OR REPLACE FUNCTION patchbay.rule_add_always(p_workspace text, p_user text, p_connection uuid, p_tool text, p_definition text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select null::jsonb
$function$
;
comment on function patchbay.rule_add_always(text,text,uuid,text,text) is 'makes nothing: a rule for any arguments is none any more';

CREATE OR REPLACE FUNCTION patchbay.rule_add_narrow(p_workspace text, p_user text, p_connection uuid, p_tool text, p_definition text, p_reach jsonb, p_conversation text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare row rules;
begin
  if not exists (select from mcp_connections where id = p_connection and workspace_id = p_workspace and user_id = p_user) then
    raise exception 'This connection is gone, so there is nothing to allow.' using errcode = 'PT404';
  end if;
  if p_reach is null then
    raise exception 'A rule has to say what it holds for.' using errcode = 'PT400';
  end if;
  insert into rules (workspace_id, scope, user_id, connection_id, tool, verdict, definition, reach, conversation, created_by)
  values (p_workspace, 'person', p_user, p_connection, p_tool, 'allow', p_definition, p_reach, p_conversation, p_user)
  on conflict (connection_id, tool, coalesce(conversation, ''), md5(reach::text)) where scope = 'person'
  do update set definition = excluded.definition, verdict = 'allow'
  returning * into row;
  perform audit_append(p_workspace, p_user, 'rule_added', to_jsonb(row));
  return rule_row(row);
end $function$
;
comment on function patchbay.rule_add_narrow(text,text,uuid,text,text,jsonb,text) is 'a person''s "always allow", or "allow in this thread" with a conversation';

CREATE OR REPLACE FUNCTION patchbay.rule_add_workspace(p_workspace text, p_user text, p_card text, p_tool text, p_verdict text, p_four_eyes boolean, p_class text DEFAULT NULL::text, p_channel text DEFAULT NULL::text, p_approvals integer DEFAULT NULL::integer, p_user_group text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
end $function$
;
comment on function patchbay.rule_add_workspace(text,text,text,text,text,boolean,text,text,integer,text) is 'a rule for the whole workspace';

CREATE OR REPLACE FUNCTION patchbay.rule_remove_workspace(p_workspace text, p_user text, p_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare row rules;
begin
  delete from rules where id = p_id and workspace_id = p_workspace and scope = 'workspace' returning * into row;
  if not found then return null; end if;
  perform audit_append(p_workspace, p_user, 'rule_revoked', to_jsonb(row));
  return rule_row(row);
end $function$
;
comment on function patchbay.rule_remove_workspace(text,text,uuid) is 'takes a workspace''s rule back; who may is the door''s question';

CREATE OR REPLACE FUNCTION patchbay.rule_revoke(p_workspace text, p_user text, p_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
end $function$
;
comment on function patchbay.rule_revoke(text,text,uuid) is 'takes a person''s own rule back';

CREATE OR REPLACE FUNCTION patchbay.rule_row(p_rule patchbay.rules)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select to_jsonb(p_rule) || jsonb_build_object('connection_name',
    (select c.connection_name from mcp_connections c where c.id = p_rule.connection_id))
$function$
;
comment on function patchbay.rule_row(patchbay.rules) is 'a rule with its connection''s name';

CREATE OR REPLACE FUNCTION patchbay.rules_for(p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(rule_row(r) order by r.created_at), '[]') from rules r
  where r.workspace_id = p_workspace and (r.scope = 'workspace' or r.user_id = p_user)
$function$
;
comment on function patchbay.rules_for(text,text) is 'the rules that bind a person';

CREATE OR REPLACE FUNCTION patchbay.run_add_files(p_workspace text, p_run uuid, p_event jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  row runs;
  added jsonb;
begin
  select * into row from runs where id = p_run and workspace_id = p_workspace for update;
  if not found then return '"none"'; end if;
  select jsonb_agg(file) into added from jsonb_array_elements(p_event -> 'files') file
  where not exists (
    select from run_events e, jsonb_array_elements(coalesce(e.body -> 'attached', e.body -> 'files', '[]')) known
    where e.run_id = p_run and e.type in ('started', 'files_added', 'withdrawn') and known -> 'id' = file -> 'id');
  if added is null or row.outcome = 'stopped' then return '"none"'; end if;
  if row.outcome is not null or exists (select from run_events where run_id = p_run and type = 'replied') then return '"late"'; end if;
  perform run_append_locked(p_run, jsonb_build_array(p_event || jsonb_build_object('files', added)));
  return '"added"';
end $function$
;
comment on function patchbay.run_add_files(text,uuid,jsonb) is 'adds files to the request of a run, whoever holds it: added, late once it has a reply, or none where all are known or it was stopped';

CREATE OR REPLACE FUNCTION patchbay.run_append(p_run uuid, p_fence bigint, p_seq integer, p_events jsonb, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  row runs;
  seq_now integer;
begin
  select * into row from runs where id = p_run for update;
  if not found or row.fence <> p_fence or row.status = 'closed' then
    return jsonb_build_object('kind', 'lost');
  end if;
  if row.last_seq <> p_seq then
    -- The answer to an earlier try of the same append may have been lost on the way.
    if exists (select from run_events where run_id = p_run and seq = p_seq + 1 and body = p_events -> 0) then
      return jsonb_build_object('kind', 'appended', 'seq', p_seq + jsonb_array_length(p_events));
    end if;
    return jsonb_build_object('kind', 'taken', 'seq', row.last_seq);
  end if;
  seq_now := run_append_locked(p_run, p_events);
  -- The poll renews the lease once a second; an append does so only when a third of it is gone.
  if row.lease_until is null or row.lease_until < clock_timestamp() + p_lease_ms * interval '1 millisecond' * 2 / 3 then
    update runs set lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond' where id = p_run;
  end if;
  return jsonb_build_object('kind', 'appended', 'seq', seq_now);
end $function$
;
comment on function patchbay.run_append(uuid,bigint,integer,jsonb,integer) is 'appends for the lease holder only; an old fence or a taken seq is refused';

CREATE OR REPLACE FUNCTION patchbay.run_append_locked(p_run uuid, p_events jsonb)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  event jsonb;
  seq_now integer;
begin
  update runs set last_seq = last_seq + jsonb_array_length(p_events) where id = p_run returning last_seq into seq_now;
  insert into run_events (run_id, seq, body)
  select p_run, seq_now - jsonb_array_length(p_events) + given.nth::integer, given.body
  from jsonb_array_elements(p_events) with ordinality as given (body, nth);
  for event in select value from jsonb_array_elements(p_events) loop
    perform run_apply_projections(p_run, event);
  end loop;
  return seq_now;
end $function$
;
comment on function patchbay.run_append_locked(uuid,jsonb) is 'appends events without a fence: only for callers that hold the lock on the run''s row';

CREATE OR REPLACE FUNCTION patchbay.run_apply_projections(p_run uuid, p_event jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  run runs;
  judged jsonb;
begin
  select * into run from runs where id = p_run;
  case p_event ->> 'type'
  when 'started' then
    if p_event #> '{agent,id}' is not null then
      update runs set agent_id = p_event #>> '{agent,id}' where id = p_run;
    end if;
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
    -- A run that has ended meanwhile asks nobody.
    insert into input_requests (id, run_id, call_id, workspace_id, user_id, kind, live, status, expires_at)
    values (p_event ->> 'input', run.id, p_event ->> 'call', run.workspace_id, p_event ->> 'person', p_event #>> '{request,kind}',
      p_event #>> '{resume,how}' = 'live', case when run.outcome is null then 'pending' else 'over' end, (p_event ->> 'expiresAt')::timestamptz);
  when 'called' then
    perform inputs_close(p_run, p_event ->> 'call');
  when 'returned' then
    perform inputs_close(p_run, p_event ->> 'call');
    select body -> 'target' into judged from run_events
    where run_id = p_run and type = 'judged' and body ->> 'call' = p_event ->> 'call' order by seq desc limit 1;
    if judged is not null and p_event ->> 'outcome' in ('ok', 'error', 'failed', 'cancelled', 'unknown') then
      insert into mcp_tool_usage (workspace_id, connection_id, run_id, agent_id, tool_name, execution_time_ms, success, error_details, tokens_saved)
      values (run.workspace_id, (judged ->> 'connection')::uuid, run.id, coalesce(run.agent_id, 'default'), judged ->> 'tool', (p_event ->> 'ms')::double precision,
        p_event ->> 'outcome' = 'ok', case when p_event ->> 'outcome' <> 'ok' then jsonb_build_object(
          'cause', p_event ->> 'outcome', 'code', coalesce(p_event ->> 'why', 'tool_error'), 'words', left(p_event ->> 'summary', 500)) end, 0);
      update mcp_connections set usage_count = usage_count + 1, last_used = now()
      where id = (judged ->> 'connection')::uuid and workspace_id = run.workspace_id;
    end if;
  when 'answered' then
    -- "Always allow" becomes a rule together with the answer, for the tool as it was defined on the card; not for a connection that is gone.
    if (p_event ->> 'always')::boolean then
      select body into judged from run_events
      where run_id = p_run and type = 'judged' and body ->> 'call' = p_event ->> 'call' order by seq desc limit 1;
      if exists (select from mcp_connections
        where id = (judged #>> '{target,connection}')::uuid and workspace_id = run.workspace_id and user_id = run.user_id) then
        perform rule_add_always(run.workspace_id, run.user_id, (judged #>> '{target,connection}')::uuid, judged #>> '{target,tool}',
          judged ->> 'definition');
      end if;
    end if;
  when 'stopped' then
    perform approvals_close(p_run, p_event ->> 'by');
    perform inputs_close(p_run, null);
    update runs set outcome = coalesce(outcome, 'stopped') where id = p_run;
    perform run_stop_children(p_run, p_event);
  when 'finished', 'failed' then
    perform approvals_close(p_run, null);
    perform inputs_close(p_run, null);
    update runs set outcome = p_event ->> 'type' where id = p_run;
    perform run_stop_children(p_run, jsonb_build_object('type', 'stopped', 'by', run.user_id, 'why', 'asker_ended', 'at', p_event -> 'at'));
  else
    null;
  end case;
end $function$
;
comment on function patchbay.run_apply_projections(uuid,jsonb) is 'keeps usage, counters, approvals, input requests and rules in step with an event';

CREATE OR REPLACE FUNCTION patchbay.run_card_count_connection()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  if position('/' in new.mcp_type) = 0 then
    insert into mcp_run_cards (card_name, mcp_type, source, popularity_score, created_by) values (new.mcp_type, new.mcp_type, 'curated', 1, 'patchbay')
    on conflict (card_name) do update set popularity_score = mcp_run_cards.popularity_score + 1;
  else
    update mcp_run_cards set popularity_score = popularity_score + 1
    where card_name = new.mcp_type and (workspace_id is null or workspace_id = new.workspace_id);
  end if;
  return null;
end $function$
;
comment on function patchbay.run_card_count_connection() is 'counts how often a card is connected';

CREATE OR REPLACE FUNCTION patchbay.run_card_get(p_name text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select jsonb_build_object('entry', config_template, 'status', status, 'verified', verified, 'popularity', popularity_score)
  from mcp_run_cards where card_name = p_name and source = 'registry'
$function$
;
comment on function patchbay.run_card_get(text) is 'one registry entry by its name';

CREATE OR REPLACE FUNCTION patchbay.run_cards_save_curated(p_cards jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
end $function$
;
comment on function patchbay.run_cards_save_curated(jsonb) is 'brings our own run cards up to date, keeping how often each was connected';

CREATE OR REPLACE FUNCTION patchbay.run_cards_search(p_url text, p_workspace text, p_patterns jsonb, p_words jsonb, p_limit integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'extensions', 'pg_temp'
 SET "pg_trgm.word_similarity_threshold" TO '0.23'
AS $function$
  with fitting as (
    select c.card_name, f.fits
    from mcp_run_cards c, lateral (
      select count(*) as fits, count(*) filter (where c.search_names ~* pattern) as in_names
      from jsonb_array_elements_text(p_patterns) pattern where c.search_text ~ pattern
    ) f
    where c.source = 'registry' and f.fits > 0
    order by f.fits desc, f.in_names desc, c.verified desc, c.popularity_score desc, c.card_name
    limit p_limit
  ),
  similar_names as (
    select c.card_name from jsonb_array_elements_text(p_words) word join mcp_run_cards c on word <% c.search_names
    where c.source = 'registry' and length(word) > 3
      and (select count(*) from fitting where fits = jsonb_array_length(p_patterns)) < p_limit
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
$function$
;
comment on function patchbay.run_cards_search(text,text,jsonb,jsonb,integer) is 'registry entries that may fit a search, and how often cards are connected';

CREATE OR REPLACE FUNCTION patchbay.run_claim(p_run uuid, p_instance text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select to_jsonb(run_claim_if_free(p_run, p_instance, p_lease_ms))
$function$
;
comment on function patchbay.run_claim(uuid,text,integer) is 'claims one named run if it is free';

CREATE OR REPLACE FUNCTION patchbay.run_claim_if_free(p_run uuid, p_instance text, p_lease_ms integer)
 RETURNS bigint
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  update runs set status = 'working', owner = p_instance, fence = fence + 1,
    lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
  where id = p_run and status <> 'closed' and (owner is null or lease_until is null or lease_until < clock_timestamp())
    and (outcome is not null or not exists (select from runs ahead
      where ahead.conversation = runs.conversation and ahead.number < runs.number and ahead.status <> 'closed'))
  returning fence
$function$
;
comment on function patchbay.run_claim_if_free(uuid,text,integer) is 'claims a run that nobody holds, raising its fence, even while it pauses before another try; null when another instance holds it';

CREATE OR REPLACE FUNCTION patchbay.run_close(p_run uuid, p_fence bigint, p_seq integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare closed runs;
begin
  update runs set status = 'closed', owner = null, lease_until = null, closed_at = now()
  where id = p_run and fence = p_fence and last_seq = p_seq and status <> 'closed' returning * into closed;
  if not found then return jsonb_build_object('closed', false, 'next', null); end if;
  -- Files that calls returned are in Slack from now on.
  update run_events set body = body || '{"files": [], "images": []}' where run_id = p_run and type = 'returned'
    and (body -> 'files' <> '[]' or body -> 'images' <> '[]');
  return jsonb_build_object('closed', true, 'next',
    (select id from runs where conversation = closed.conversation and status = 'working' and number > closed.number order by number limit 1));
end $function$
;
comment on function patchbay.run_close(uuid,bigint,integer) is 'ends a run whose end is shown; names the next of its conversation';

CREATE OR REPLACE FUNCTION patchbay.run_corrected_by(p_conversation text, p_key text)
 RETURNS uuid
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select r.id from runs r join run_events e on e.run_id = r.id and e.type = 'withdrawn' and e.body ->> 'key' = p_key
  where r.conversation = p_conversation limit 1
$function$
;
comment on function patchbay.run_corrected_by(text,text) is 'the run that a message corrected';

CREATE OR REPLACE FUNCTION patchbay.run_delegate(p_run uuid, p_fence bigint, p_seq integer, p_events jsonb, p_children jsonb, p_instance text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  row runs;
  child jsonb;
  key text;
  appended jsonb;
  begun jsonb := '[]';
begin
  select * into row from runs where id = p_run for update;
  appended := run_append(p_run, p_fence, p_seq, p_events, p_lease_ms);
  -- The answer to an earlier try may have been lost on the way; then the children are there.
  if appended ->> 'kind' <> 'appended' or exists (select from runs where id = (p_children #>> '{0,id}')::uuid) then
    return appended || '{"begun": []}';
  end if;
  for child in select value from jsonb_array_elements(p_children) loop
    key := 'child:' || p_run || ':' || (child ->> 'call');
    insert into runs (id, workspace_id, user_id, conversation, dedupe_key, parent_run, parent_call)
    values ((child ->> 'id')::uuid, row.workspace_id, row.user_id, key, key, p_run, child ->> 'call');
    perform run_append_locked((child ->> 'id')::uuid, child -> 'events');
    begun := begun || jsonb_build_object('run', child -> 'id', 'fence', run_claim_if_free((child ->> 'id')::uuid, p_instance, p_lease_ms));
  end loop;
  return appended || jsonb_build_object('begun', begun);
end $function$
;
comment on function patchbay.run_delegate(uuid,bigint,integer,jsonb,jsonb,text,integer) is 'begins the runs that a run asks for, together with the events that say so; each is claimed at once';

CREATE OR REPLACE FUNCTION patchbay.run_event_without_words(p_body jsonb, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  -- A field that is null is none.
  select jsonb_strip_nulls(p_body || case when p_body ->> 'by' = p_user then '{"by": "UFORGOTTEN"}'::jsonb else '{}' end || case p_body ->> 'type'
    when 'started' then jsonb_build_object('text', 'Forgotten.', 'context', '[]'::jsonb, 'attached', '[]'::jsonb,
      'origin', (p_body -> 'origin') - 'userZone' || '{"user": "UFORGOTTEN", "userName": "somebody"}',
      'first', p_body -> 'first' || '{"input": {}}', 'earlier', null, 'prompt', null, 'skill', null, 'untrusted', null,
      'agent', case when p_body ? 'agent' then jsonb_build_object('id', p_body #> '{agent,id}', 'version', p_body #> '{agent,version}',
        'chosenBy', p_body #> '{agent,chosenBy}', 'name', 'Forgotten', 'purpose', 'Forgotten.', 'instructions', '') end,
      'parent', p_body -> 'parent' || '{"agent": "Forgotten", "words": ""}',
      'workflow', p_body -> 'workflow' || '{"body": {"name": "forgotten", "title": "Forgotten", "steps": [{"id": "forgotten", "wait": "1s"}]}, "inputs": {}, "trigger": null}')
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
    when 'returned' then jsonb_build_object('text', '', 'images', '[]'::jsonb, 'files', '[]'::jsonb, 'summary', 'Forgotten.', 'shown', null,
      'log', null, 'ofChild', p_body -> 'ofChild' || '{"untrusted": []}', 'output', null)
    when 'delegated' then '{"agent": "Forgotten", "task": "Forgotten."}'
    when 'waiting' then '{"why": "Forgotten."}'
    when 'entered' then jsonb_build_object('items', case when p_body ? 'items' then '[]'::jsonb end)
    when 'skipped' then '{"why": "Forgotten."}'
    when 'left' then jsonb_build_object('output', null, 'error', case when p_body ? 'error' then 'Forgotten.' end, 'undo', null)
    when 'parked' then '{"why": "Forgotten."}'
    when 'step_resumed' then jsonb_build_object('arguments', case when p_body ? 'arguments' then '{}'::jsonb end)
    when 'step_waiting' then '{"why": "Forgotten."}'
    when 'finished' then jsonb_build_object('workflow', p_body -> 'workflow' || '{"output": "", "problem": null}')
    when 'failed' then '{"message": "Forgotten."}'
    else '{}' end)
$function$
;
comment on function patchbay.run_event_without_words(jsonb,text) is 'an event of a person''s run as it stays once they are forgotten: what was done, without what was said, sent or read';

CREATE OR REPLACE FUNCTION patchbay.run_events_bare(p_run uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(case when e.type = 'returned' then e.body || '{"files": [], "images": []}' else e.body end order by e.seq), '[]')
  from run_events e where e.run_id = p_run
$function$
;
comment on function patchbay.run_events_bare(uuid) is 'a run''s events without the files and images of calls, which can be large';

CREATE OR REPLACE FUNCTION patchbay.run_join_queued(p_run uuid, p_fence bigint)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  lane text;
  queued uuid;
  row runs;
  joined integer := 0;
begin
  select conversation into lane from runs where id = p_run;
  if not run_waits(p_run) or not exists (select from runs_to_join(p_run)) then return to_jsonb(joined); end if;
  perform pg_advisory_xact_lock(hashtextextended('patchbay conversation ' || lane, 0));
  perform from runs where id = p_run and fence = p_fence and outcome is null for update;
  if not found or not run_waits(p_run) then return to_jsonb(joined); end if;
  foreach queued in array array(select runs_to_join(p_run)) loop
    -- One that was stopped meanwhile stays a run of its own.
    select * into row from runs where id = queued and outcome is null and fence = 0 for update;
    continue when not found;
    perform run_withdraw(p_run, withdrawn_event((select body from run_events where run_id = queued and seq = 1), row.dedupe_key)
      || jsonb_build_object('queued', queued, 'attached', (
        select coalesce(jsonb_agg(file), '[]') from run_events e, jsonb_array_elements(coalesce(e.body -> 'attached', e.body -> 'files', '[]')) file
        where e.run_id = queued)));
    update slack_messages set run_id = p_run, key = key || ':' || queued where run_id = queued;
    delete from runs where id = queued;
    joined := joined + 1;
  end loop;
  return to_jsonb(joined);
end $function$
;
comment on function patchbay.run_join_queued(uuid,bigint) is 'for the holder of a run that is about to wait for an approval: what its requester said meanwhile withdraws that, and is no request of its own any more; how many messages';

CREATE OR REPLACE FUNCTION patchbay.run_load(p_run uuid, p_fence bigint)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  row runs;
begin
  select * into row from runs where id = p_run and fence = p_fence for update;
  if not found then return null; end if;
  if row.all_recorded then
    update runs set all_recorded = false where id = p_run;
  end if;
  return jsonb_build_object('seq', row.last_seq, 'all_recorded', row.all_recorded,
    'events', (select coalesce(jsonb_agg(e.body order by e.seq), '[]') from run_events e where e.run_id = p_run and e.seq <= row.last_seq));
end $function$
;
comment on function patchbay.run_load(uuid,bigint) is 'all events of a run for its new holder, and whether the holder before it recorded everything it showed';

CREATE OR REPLACE FUNCTION patchbay.run_message_ts(p_run uuid)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select body #>> '{origin,messageTs}' from run_events where run_id = p_run and seq = 1
$function$
;
comment on function patchbay.run_message_ts(uuid) is 'the message that asked for a run';

CREATE OR REPLACE FUNCTION patchbay.run_owners()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(distinct owner), '[]') from runs where status = 'working' and owner is not null
$function$
;
comment on function patchbay.run_owners() is 'instances that hold runs';

CREATE OR REPLACE FUNCTION patchbay.run_poll(p_instance text, p_held jsonb, p_free integer, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  held jsonb;
  taken jsonb := '[]';
  candidate record;
  fence_now bigint;
begin
  with ours as materialized (
    select r.id from runs r join jsonb_to_recordset(p_held) as h (run uuid, fence bigint) on r.id = h.run and r.fence = h.fence
    where r.status = 'working' order by r.number for update of r
  ), kept as (
    update runs r set lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
    from ours where r.id = ours.id
    returning r.id, r.last_seq
  )
  select coalesce(jsonb_agg(jsonb_build_object('run', id, 'seq', last_seq)), '[]') into held from kept;
  with due as (
    select id from runs where status = 'suspended' and wake_at <= clock_timestamp()
    order by wake_at limit greatest(p_free, 0) for update skip locked
  )
  update runs r set status = 'working', wake_at = null from due where r.id = due.id;
  for candidate in
    select r.id from runs r
    where r.status = 'working' and (r.lease_until is null or r.lease_until < clock_timestamp())
      and (r.outcome is not null or not exists (select from runs ahead
        where ahead.conversation = r.conversation and ahead.number < r.number and ahead.status <> 'closed'))
    order by r.number limit greatest(p_free, 0) for update of r skip locked
  loop
    fence_now := run_claim_if_free(candidate.id, p_instance, p_lease_ms);
    if fence_now is not null then
      taken := taken || jsonb_build_object('run', candidate.id, 'fence', fence_now);
    end if;
  end loop;
  return jsonb_build_object('held', held, 'taken', taken, 'blocked', (select coalesce(jsonb_agg(jsonb_build_object('key', key, 'until', blocked_until)), '[]') from rate_limits where blocked_until > clock_timestamp()));
end $function$
;
comment on function patchbay.run_poll(text,jsonb,integer,integer) is 'once a second per instance: renews its leases, says how far each held run has got, and claims free runs';

CREATE OR REPLACE FUNCTION patchbay.run_read(p_run uuid, p_fence bigint, p_after integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select jsonb_build_object('id', r.id, 'fence', r.fence, 'seq', r.last_seq, 'status', r.status,
    'events', (select coalesce(jsonb_agg(e.body order by e.seq), '[]')
      from run_events e where e.run_id = r.id and e.seq > p_after and e.seq <= r.last_seq))
  from runs r where r.id = p_run and r.fence = p_fence
$function$
;
comment on function patchbay.run_read(uuid,bigint,integer) is 'a run''s events after a seq, for the instance that holds it';

CREATE OR REPLACE FUNCTION patchbay.run_release(p_run uuid, p_fence bigint, p_after_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  update runs set owner = null,
    lease_until = case when p_after_ms > 0 then clock_timestamp() + p_after_ms * interval '1 millisecond' end
  where id = p_run and fence = p_fence and status = 'working';
  return to_jsonb(found);
end $function$
;
comment on function patchbay.run_release(uuid,bigint,integer) is 'gives a run back unfinished, to be claimed again after a while';

CREATE OR REPLACE FUNCTION patchbay.run_release_owner(p_owner text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  update runs set owner = null, lease_until = null where owner = p_owner and status = 'working';
  return to_jsonb(found);
end $function$
;
comment on function patchbay.run_release_owner(text) is 'frees the runs that a dead instance still holds';

CREATE OR REPLACE FUNCTION patchbay.run_resume_step(p_workspace text, p_run uuid, p_step text, p_events jsonb, p_instance text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  row runs;
  latest text;
begin
  select * into row from runs where id = p_run and workspace_id = p_workspace for update;
  if not found then return '{"kind": "gone", "fence": null}'; end if;
  if row.status = 'closed' or row.outcome is not null then return '{"kind": "over", "fence": null}'; end if;
  select type into latest from run_events
  where run_id = p_run and type in ('parked', 'step_resumed') and body ->> 'step' = p_step order by seq desc limit 1;
  -- Where what was done is undone, only that goes on.
  if latest is distinct from 'parked' or p_step not like 'undo/%' and exists (select from run_events
    where run_id = p_run and type = 'step_resumed' and body ->> 'how' = 'undo') then
    return '{"kind": "over", "fence": null}';
  end if;
  perform run_append_locked(p_run, p_events);
  update runs set status = 'working', wake_at = null where id = p_run and status = 'suspended';
  perform audit_append(p_workspace, p_events #>> '{0,by}', 'run_step_resumed',
    jsonb_build_object('run', p_run, 'requester', row.user_id, 'step', p_step, 'how', p_events #> '{0,how}'));
  return jsonb_build_object('kind', 'resumed', 'fence', run_claim_if_free(p_run, p_instance, p_lease_ms));
end $function$
;
comment on function patchbay.run_resume_step(text,uuid,text,jsonb,text,integer) is 'what a person decided of a step that waits for them, once: one compare-and-swap on its being parked; wakes the run and claims it';

CREATE OR REPLACE FUNCTION patchbay.run_retention(p_workspace text)
 RETURNS interval
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select make_interval(days => (settings_of(p_workspace) ->> 'run_retention_days')::integer)
$function$
;
comment on function patchbay.run_retention(text) is 'how long a workspace keeps closed runs and their tool usage';

CREATE OR REPLACE FUNCTION patchbay.run_start(p_id uuid, p_workspace text, p_user text, p_conversation text, p_dedupe_key text, p_events jsonb, p_instance text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  -- What a message asks for beside its own run has a word behind the key.
  message text := regexp_replace(p_dedupe_key, '(:edited:[0-9.]+)?(:[a-z]+)?$', '');
  withdrawn boolean;
  known uuid;
  ahead uuid;
  claimed bigint;
begin
  -- The lock puts starts of one conversation in order, and keeps a second delivery from racing the first.
  perform pg_advisory_xact_lock(hashtextextended('patchbay conversation ' || p_conversation, 0));
  known := coalesce((select id from runs where dedupe_key = p_dedupe_key), run_corrected_by(p_conversation, p_dedupe_key));
  if known is not null then
    return jsonb_build_object('run', known, 'fresh', false, 'withdrawn', false, 'corrected', false, 'ahead', null, 'fence', null);
  end if;
  perform message_lock(message);
  withdrawn := exists (select from slack_seen_events where event_id = 'deleted:' || message);
  if not withdrawn and jsonb_array_length(p_events) = 1 and is_plain_request(p_workspace, p_dedupe_key, p_events -> 0) then
    select r.id into known from runs r
    where r.conversation = p_conversation and r.user_id = p_user and r.status <> 'closed' and r.outcome is null and run_waits(r.id)
    order by r.number limit 1 for update;
    -- It may have been decided while its row was waited for.
    if found and run_waits(known) then
      perform run_withdraw(known, withdrawn_event(p_events -> 0, p_dedupe_key));
      return jsonb_build_object('run', known, 'fresh', true, 'withdrawn', false, 'corrected', true, 'ahead', null,
        'fence', case when p_instance is not null then run_claim_if_free(known, p_instance, p_lease_ms) end);
    end if;
  end if;
  insert into workspaces (workspace_id) values (p_workspace) on conflict do nothing;
  -- A close that is under way is waited for; one that comes later waits, and then names this run as its next.
  perform from runs r where r.conversation = p_conversation and r.status <> 'closed' order by r.number for share;
  insert into runs (id, workspace_id, user_id, conversation, dedupe_key) values (p_id, p_workspace, p_user, p_conversation, p_dedupe_key);
  perform run_append_locked(p_id, p_events);
  if withdrawn then
    perform run_append_locked(p_id, jsonb_build_array(jsonb_build_object(
      'type', 'stopped', 'by', p_user, 'why', 'request_deleted', 'at', p_events #> '{0,at}')));
    perform audit_append(p_workspace, p_user, 'run_stopped', jsonb_build_object('run', p_id, 'requester', p_user, 'why', 'request_deleted'));
  end if;
  select r.id into ahead from runs r where r.conversation = p_conversation and r.status <> 'closed' and r.id <> p_id order by r.number limit 1;
  if ahead is null and p_instance is not null then
    claimed := run_claim_if_free(p_id, p_instance, p_lease_ms);
  end if;
  -- The key of a repeat is again:<run> or again:<run>:<call>.
  if p_dedupe_key like 'again:%' then
    perform audit_append(p_workspace, p_user, 'run_repeated', jsonb_strip_nulls(jsonb_build_object('run', p_id,
      'repeats', split_part(p_dedupe_key, ':', 2), 'call', nullif(split_part(p_dedupe_key, ':', 3), ''))));
  end if;
  return jsonb_build_object('run', p_id, 'fresh', true, 'withdrawn', withdrawn, 'corrected', false, 'ahead', ahead, 'fence', claimed);
end $function$
;
comment on function patchbay.run_start(uuid,text,text,text,text,jsonb,text,integer) is 'one run per message, claimed at once when its conversation is free; where the person''s own run waits for an approval, their words withdraw that and the run goes on with them; stopped already where the message was told to be gone in the last 24 hours';

CREATE OR REPLACE FUNCTION patchbay.run_state(p_workspace text, p_run uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select jsonb_build_object('id', r.id, 'events', run_events_bare(r.id)) from runs r where r.id = p_run and r.workspace_id = p_workspace
$function$
;
comment on function patchbay.run_state(text,uuid) is 'a run of a workspace, for whoever looks at it';

CREATE OR REPLACE FUNCTION patchbay.run_stop(p_workspace text, p_run uuid, p_event jsonb, p_instance text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  row runs;
  queued uuid;
  claimed bigint;
begin
  select * into row from runs where id = p_run and workspace_id = p_workspace for update;
  -- A run that has ended is still open while it cannot be shown: the first stop ends the tries.
  if not found or row.status = 'closed'
    or (row.outcome is not null and exists (select from run_events where run_id = p_run and type = 'stopped')) then
    return jsonb_build_object('kind', 'over', 'fence', null);
  end if;
  perform run_append_locked(p_run, jsonb_build_array(p_event));
  update runs set status = 'working' where id = p_run;
  claimed := run_claim_if_free(p_run, p_instance, p_lease_ms);
  -- What the person said behind it was said to what is stopped now. It is begun when they say so.
  if not p_event ? 'why' and row.outcome is null and row.fence > 0 then
    for queued in
      select q.id from runs q where q.conversation = row.conversation and q.number > row.number and q.user_id = row.user_id
        and q.status = 'working' and q.outcome is null and q.fence = 0 and q.dedupe_key not like 'again:%'
      order by q.number for update
    loop
      perform run_append_locked(queued, jsonb_build_array(p_event || '{"why": "stopped_before"}'));
      perform audit_append(p_workspace, p_event ->> 'by', 'run_stopped',
        jsonb_build_object('run', queued, 'requester', row.user_id, 'why', 'stopped_before'));
    end loop;
  end if;
  perform audit_append(p_workspace, p_event ->> 'by', 'run_stopped',
    jsonb_strip_nulls(jsonb_build_object('run', p_run, 'requester', row.user_id, 'why', p_event ->> 'why')));
  return jsonb_build_object('kind', 'stopped', 'fence', claimed);
end $function$
;
comment on function patchbay.run_stop(text,uuid,jsonb,text,integer) is 'stops a run whoever holds it, and what its requester asked for behind it';

CREATE OR REPLACE FUNCTION patchbay.run_stop_children(p_parent uuid, p_event jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare child runs;
begin
  for child in select * from runs where parent_run = p_parent and status <> 'closed' and outcome is null order by number for update loop
    if child.outcome is null then
      perform run_append_locked(child.id, jsonb_build_array(p_event));
      update runs set status = 'working', wake_at = null, lease_until = case when owner is not null then lease_until end where id = child.id;
    end if;
  end loop;
end $function$
;
comment on function patchbay.run_stop_children(uuid,jsonb) is NULL;

CREATE OR REPLACE FUNCTION patchbay.run_suspend(p_run uuid, p_fence bigint, p_seq integer, p_wake_at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  update runs set status = 'suspended', owner = null, lease_until = null, all_recorded = true, wake_at = p_wake_at
  where id = p_run and fence = p_fence and last_seq = p_seq and status = 'working'
    and not (run_waits(p_run) and exists (select from runs_to_join(p_run)));
  return to_jsonb(found);
end $function$
;
comment on function patchbay.run_suspend(uuid,bigint,integer,timestamp with time zone) is 'lets go of a run that waits for a person, for its children or until a time; refused when something happened since p_seq, or its requester said something that withdraws what it waits for';

CREATE OR REPLACE FUNCTION patchbay.run_waits(p_run uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select exists (select from approvals where run_id = p_run and status = 'pending')
    and not exists (select from run_events where run_id = p_run and seq = 1 and body ? 'workflow')
$function$
;
comment on function patchbay.run_waits(uuid) is 'whether a run waits for an approval that its requester''s words would withdraw';

CREATE OR REPLACE FUNCTION patchbay.run_withdraw(p_run uuid, p_event jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  one approvals;
  ended approvals[];
begin
  with changed as (
    update approvals set status = 'withdrawn', decided_by = p_event ->> 'by', decided_at = clock_timestamp()
    where run_id = p_run and status = 'pending' returning *
  )
  select array_agg(changed order by changed.created_at) into ended from changed;
  perform run_append_locked(p_run, jsonb_build_array(p_event || jsonb_build_object('calls',
    (select coalesce(jsonb_agg(call_id), '[]') from unnest(ended)))));
  update runs set status = 'working' where id = p_run and status = 'suspended';
  foreach one in array coalesce(ended, '{}') loop
    perform audit_append(one.workspace_id, p_event ->> 'by', 'approval_withdrawn',
      jsonb_build_object('approval', one.id, 'run', one.run_id, 'call', one.call_id, 'hash', one.hash, 'requester', one.requester));
  end loop;
end $function$
;
comment on function patchbay.run_withdraw(uuid,jsonb) is 'withdraws the open approvals of a run and appends the words that do so: only for callers that hold the lock on the run''s row';

CREATE OR REPLACE FUNCTION patchbay.runs_forget_heard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  delete from heard_messages h where h.conversation = old.conversation
    and not exists (select from runs where conversation = old.conversation);
  return null;
end $function$
;
comment on function patchbay.runs_forget_heard() is 'what was heard in a conversation goes with its last run';

CREATE OR REPLACE FUNCTION patchbay.runs_forget_rules()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  delete from rules r where r.conversation = old.conversation and not exists (select from runs where conversation = old.conversation);
  return null;
end $function$
;
comment on function patchbay.runs_forget_rules() is 'a rule of one thread goes with its last run';

CREATE OR REPLACE FUNCTION patchbay.runs_prune(p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare pruned integer;
begin
  delete from runs where id in (
    select due.id from workspaces w cross join lateral (
      select r.id from runs r
      where r.workspace_id = w.workspace_id and r.status = 'closed' and r.closed_at < now() - run_retention(w.workspace_id)
      order by r.closed_at limit p_limit for update skip locked
    ) due limit p_limit
  );
  get diagnostics pruned = row_count;
  return to_jsonb(pruned);
end $function$
;
comment on function patchbay.runs_prune(integer) is 'deletes the oldest closed runs that are past their workspace''s retention; how many';

CREATE OR REPLACE FUNCTION patchbay.runs_recent(p_workspace text, p_user text, p_limit integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'events', run_events_bare(r.id)) order by r.number desc), '[]')
  from (select id, number from runs where workspace_id = p_workspace and user_id = p_user and parent_run is null order by number desc limit p_limit) r
$function$
;
comment on function patchbay.runs_recent(text,text,integer) is 'a person''s last runs, newest first';

CREATE OR REPLACE FUNCTION patchbay.runs_stop(p_workspace text, p_teams jsonb, p_event jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  row runs;
  stopped runs[];
begin
  select array_agg(locked order by locked.number) into stopped from (
    select * from runs r where r.workspace_id = p_workspace and r.status <> 'closed' and r.outcome is null
      and (p_teams is null or exists (select from run_events e
        where e.run_id = r.id and e.seq = 1 and p_teams ? (e.body #>> '{origin,teamId}')))
    order by r.number for update) locked;
  foreach row in array coalesce(stopped, '{}') loop
    perform run_append_locked(row.id, jsonb_build_array(p_event));
    update runs set status = 'working', lease_until = case when owner is not null then lease_until end where id = row.id;
    perform audit_append(p_workspace, p_event ->> 'by', 'run_stopped', jsonb_build_object('run', row.id, 'requester', row.user_id));
  end loop;
  return (select coalesce(jsonb_agg(id order by number), '[]') from unnest(stopped));
end $function$
;
comment on function patchbay.runs_stop(text,jsonb,jsonb) is 'stops all open runs of a workspace, or with p_teams those of some teams of an organization; the runs it stopped';

CREATE OR REPLACE FUNCTION patchbay.runs_stop_once(p_key text, p_workspace text, p_runs jsonb, p_event jsonb, p_instance text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  ids uuid[] := array(select value::uuid from jsonb_array_elements_text(p_runs));
  one uuid;
  ended jsonb;
  stopped jsonb := '[]';
begin
  insert into slack_seen_events (event_id) values (p_key) on conflict do nothing;
  if not found then return null; end if;
  -- All rows are locked in the order of run_poll, and before the audit is, so that neither waits for the other.
  perform from runs r where r.workspace_id = p_workspace and r.id = any (ids) order by r.number for update;
  for one in select r.id from runs r where r.workspace_id = p_workspace and r.id = any (ids) order by r.number loop
    ended := run_stop(p_workspace, one, p_event, p_instance, p_lease_ms);
    if ended ->> 'kind' = 'stopped' then
      stopped := stopped || jsonb_build_object('run', one, 'fence', ended -> 'fence');
    end if;
  end loop;
  return stopped;
end $function$
;
comment on function patchbay.runs_stop_once(text,text,jsonb,jsonb,text,integer) is 'stops runs because of one event and remembers that; the runs it stopped, or null when the event came before';

CREATE OR REPLACE FUNCTION patchbay.runs_summary(p_workspace text, p_user text, p_limit integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', r.id,
    'at', r.started_at,
    'text', left(first.body ->> 'text', 300),
    'channel', first.body #>> '{origin,channel}',
    'place', first.body #>> '{origin,place}',
    'message', first.body #>> '{origin,messageTs}',
    'outcome', coalesce(r.outcome, case
      when exists (select from approvals a where a.run_id = r.id and a.status = 'pending') then 'waiting'
      when exists (select from input_requests i where i.run_id = r.id and i.status = 'pending') then 'waiting' else 'working' end),
    'asked', r.outcome is null and not exists (select from approvals a where a.run_id = r.id and a.status = 'pending')
      and exists (select from input_requests i where i.run_id = r.id and i.status = 'pending'),
    'correction', (select left(e.body ->> 'text', 300) from run_events e
      where e.run_id = r.id and e.type = 'withdrawn' order by e.seq desc limit 1),
    'edited', exists (select from run_events e
      where e.run_id = r.id and e.type = 'answered' and e.body ->> 'decision' = 'approved' and e.body ? 'arguments'),
    'why', (select left(e.body ->> 'message', 300) from run_events e
      where r.outcome = 'failed' and e.run_id = r.id and e.type = 'failed' order by e.seq desc limit 1),
    'calls', (select count(*) from mcp_tool_usage u where u.run_id = r.id and u.workspace_id = p_workspace and u.executed_at >= r.started_at),
    'succeeded', done.calls,
    'changed', done.changes,
    'refused', (select coalesce(e.body ->> 'decision', e.type) from run_events e
      where e.run_id = r.id and e.type in ('answered', 'withdrawn') and coalesce(e.body ->> 'decision', e.type) <> 'approved'
        and e.seq > done.last order by e.seq desc limit 1),
    'cost_usd', r.cost_usd) order by r.number desc), '[]')
  from (select * from runs where workspace_id = p_workspace and user_id = p_user and parent_run is null order by number desc limit p_limit) r
  join run_events first on first.run_id = r.id and first.seq = 1
  cross join lateral (
    select count(*) as calls, coalesce(max(e.seq), 0) as last, count(*) filter (where exists (
      select from run_events j
      where j.run_id = r.id and j.type = 'judged' and j.body ->> 'call' = e.body ->> 'call' and j.body ->> 'risk' <> 'read')) as changes
    from run_events e where e.run_id = r.id and e.type = 'returned' and e.body ->> 'outcome' = 'ok'
  ) done
$function$
;
comment on function patchbay.runs_summary(text,text,integer) is 'a person''s last requests and how they ended, newest first';

CREATE OR REPLACE FUNCTION patchbay.runs_to_join(p_run uuid)
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select q.id from runs r join runs q on q.conversation = r.conversation and q.number > r.number and q.user_id = r.user_id
    join run_events e on e.run_id = q.id and e.seq = 1
  where r.id = p_run and r.outcome is null and q.status = 'working' and q.outcome is null and q.fence = 0
    and is_plain_request(q.workspace_id, q.dedupe_key, e.body)
    and not exists (select from run_events x where x.run_id = q.id and x.type not in ('started', 'files_added'))
  order by q.number
$function$
;
comment on function patchbay.runs_to_join(uuid) is 'requests of the same person that wait behind a run and are not begun';

CREATE OR REPLACE FUNCTION patchbay.schema_version()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select jsonb_build_object('version', max(version), 'breaking', max(version) filter (where breaking)) from schema_versions
$function$
;
comment on function patchbay.schema_version() is 'the newest migration applied, and the newest that older instances cannot work with';

CREATE OR REPLACE FUNCTION patchbay.secret_entries_expired()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(id), '[]') from (select id from secret_entries where expires_at < clock_timestamp() limit 100) old
$function$
;
comment on function patchbay.secret_entries_expired() is 'pages whose secrets can go';

CREATE OR REPLACE FUNCTION patchbay.secret_entry_delete(p_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  delete from secret_entries where id = p_id;
  select null::jsonb
$function$
;
comment on function patchbay.secret_entry_delete(uuid) is 'what was entered on a page is used or gone';

CREATE OR REPLACE FUNCTION patchbay.secret_entry_look(p_token_hash text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select (select to_jsonb(e) from secret_entries e
    where token_hash = p_token_hash and entered_at is null and expires_at > clock_timestamp())
$function$
;
comment on function patchbay.secret_entry_look(text) is 'what a page is for; null when it was used or is too old';

CREATE OR REPLACE FUNCTION patchbay.secret_entry_of(p_id uuid, p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select (select to_jsonb(e) from secret_entries e
    where id = p_id and workspace_id = p_workspace and user_id = p_user and expires_at > clock_timestamp())
$function$
;
comment on function patchbay.secret_entry_of(uuid,text,text) is 'a person''s own page; null when it is too old';

CREATE OR REPLACE FUNCTION patchbay.secret_entry_open(p_id uuid, p_token_hash text, p_workspace text, p_user text, p_details jsonb, p_ttl_ms integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  insert into secret_entries (id, token_hash, workspace_id, user_id, details, expires_at)
  values (p_id, p_token_hash, p_workspace, p_user, p_details, clock_timestamp() + p_ttl_ms * interval '1 millisecond');
  select null::jsonb
$function$
;
comment on function patchbay.secret_entry_open(uuid,text,text,text,jsonb,integer) is 'a page on which one person can enter secrets, once';

CREATE OR REPLACE FUNCTION patchbay.secret_entry_take(p_token_hash text, p_ttl_ms integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  with taken as (
    update secret_entries set entered_at = clock_timestamp(), expires_at = clock_timestamp() + p_ttl_ms * interval '1 millisecond'
    where token_hash = p_token_hash and entered_at is null and expires_at > clock_timestamp() returning *
  )
  select (select to_jsonb(t) from taken t)
$function$
;
comment on function patchbay.secret_entry_take(text,integer) is 'the page was sent, once; null when it was used or is too old';

CREATE OR REPLACE FUNCTION patchbay.settings_change(p_workspace text, p_user text, p_change jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  if not (coalesce((p_change ->> 'run_retention_days')::integer, 1) between 1 and 3650) then
    raise exception 'Runs can be kept for 1 to 3,650 days.' using errcode = 'PT400';
  end if;
  if not (coalesce((p_change ->> 'audit_retention_days')::integer, 30) between 30 and 3650) then
    raise exception 'The audit can be kept for 30 to 3,650 days.' using errcode = 'PT400';
  end if;
  insert into workspaces (workspace_id, settings) values (p_workspace, jsonb_strip_nulls(p_change))
  on conflict (workspace_id) do update set settings = jsonb_strip_nulls(workspaces.settings || p_change);
  perform audit_append(p_workspace, p_user, 'settings_changed', p_change);
  return settings_of(p_workspace);
end $function$
;
comment on function patchbay.settings_change(text,text,jsonb) is 'changes a workspace''s settings; a null takes a setting away';

CREATE OR REPLACE FUNCTION patchbay.settings_of(p_workspace text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select '{"run_retention_days": 365, "audit_retention_days": 730}'
    || coalesce((select settings from workspaces where workspace_id = p_workspace), '{}')
$function$
;
comment on function patchbay.settings_of(text) is 'what a workspace decided, and the retention where it decided none';

CREATE OR REPLACE FUNCTION patchbay.shared_connection_managed(p_workspace text, p_user text, p_id uuid, p_act text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare row mcp_connections;
begin
  select * into row from mcp_connections where id = p_id and workspace_id = p_workspace and user_id = 'W00';
  if not found then return null; end if;
  perform audit_append(p_workspace, p_user, 'shared_connection_managed',
    jsonb_build_object('connection', p_id, 'name', row.connection_name, 'card', row.mcp_type, 'act', p_act));
  return to_jsonb(true);
end $function$
;
comment on function patchbay.shared_connection_managed(text,text,uuid,text) is 'notes which owner is about to change a connection of the workspace';

CREATE OR REPLACE FUNCTION patchbay.shared_connection_row(p_connection patchbay.mcp_connections)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select to_jsonb(p_connection) || jsonb_build_object('shared', (
      select jsonb_build_object('audience', s.audience, 'people', s.people, 'level', s.level, 'by', s.shared_by,
        'fromFile', s.from_file)
      from shared_connections s where s.connection_id = p_connection.id))
    || coalesce((select jsonb_build_object('classed_tools', r.available_tools) from mcp_run_cards r
      where r.card_name = p_connection.mcp_type and r.workspace_id = p_connection.workspace_id and r.source = 'saved' and r.is_public
        and r.version = p_connection.connection_config #>> '{entry,version}'), '{}')
$function$
;
comment on function patchbay.shared_connection_row(patchbay.mcp_connections) is 'a connection of the workspace with who may use it, and how far';

CREATE OR REPLACE FUNCTION patchbay.shared_connections_from_files()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(shared_connection_row(c)), '[]')
  from mcp_connections c join shared_connections s on s.connection_id = c.id where s.from_file
$function$
;
comment on function patchbay.shared_connections_from_files() is 'what the operator''s file connected, in all workspaces';

CREATE OR REPLACE FUNCTION patchbay.shared_connections_in(p_workspace text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(shared_connection_row(c) order by lower(c.connection_name)), '[]')
  from mcp_connections c join shared_connections s on s.connection_id = c.id
  where c.workspace_id = p_workspace and c.user_id = 'W00'
$function$
;
comment on function patchbay.shared_connections_in(text) is 'the connections of a workspace itself, by name';

CREATE OR REPLACE FUNCTION patchbay.sign_in_begin(p_state_hash text, p_workspace text, p_user text, p_connection uuid, p_details jsonb, p_ttl_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare dropped jsonb;
begin
  with gone as (
    delete from sign_ins where expires_at < clock_timestamp() - interval '1 hour' returning state_hash
  )
  select coalesce(jsonb_agg(state_hash), '[]') into dropped from gone;
  insert into sign_ins (state_hash, workspace_id, user_id, connection_id, details, expires_at)
  values (p_state_hash, p_workspace, p_user, p_connection, p_details, clock_timestamp() + p_ttl_ms * interval '1 millisecond');
  return dropped;
end $function$
;
comment on function patchbay.sign_in_begin(text,text,text,uuid,jsonb,integer) is 'saves a sign-in that begins; returns the expired ones it deletes, whose secrets can go';

CREATE OR REPLACE FUNCTION patchbay.sign_in_code_delete(p_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  delete from sign_in_codes where id = p_id;
  select null::jsonb
$function$
;
comment on function patchbay.sign_in_code_delete(uuid) is 'a sign-in was saved or dropped';

CREATE OR REPLACE FUNCTION patchbay.sign_in_code_save(p_id uuid, p_workspace text, p_user text, p_connection uuid, p_details jsonb, p_code_hash text, p_ttl_ms integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  insert into sign_in_codes (id, workspace_id, user_id, connection_id, details, code_hash, ends_at)
  values (p_id, p_workspace, p_user, p_connection, p_details, p_code_hash, clock_timestamp() + p_ttl_ms * interval '1 millisecond');
  select null::jsonb
$function$
;
comment on function patchbay.sign_in_code_save(uuid,text,text,uuid,jsonb,text,integer) is 'a sign-in came back and waits for its code';

CREATE OR REPLACE FUNCTION patchbay.sign_in_code_try(p_id uuid, p_workspace text, p_user text, p_code_hash text, p_max_tries integer, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  one sign_in_codes;
  outcome text;
begin
  select * into one from sign_in_codes
  where id = p_id and workspace_id = p_workspace and user_id = p_user and state = 'waits' for update;
  if not found then return null; end if;
  outcome := case
    when one.ends_at < clock_timestamp() then 'late'
    when one.code_hash = p_code_hash then 'confirmed'
    when one.tries + 1 >= p_max_tries then 'spent'
    else 'wrong' end;
  update sign_in_codes set tries = tries + 1,
    state = case outcome when 'confirmed' then 'confirmed' when 'wrong' then 'waits' else 'dropped' end,
    ends_at = case outcome when 'wrong' then ends_at else clock_timestamp() + p_lease_ms * interval '1 millisecond' end
  where id = p_id;
  return to_jsonb(one) || jsonb_build_object('outcome', outcome, 'left', p_max_tries - one.tries - 1);
end $function$
;
comment on function patchbay.sign_in_code_try(uuid,text,text,text,integer,integer) is 'tries a code: confirmed, wrong, spent (too many were wrong) or late; null when there is none for this person. All but wrong are the caller''s to finish within the lease';

CREATE OR REPLACE FUNCTION patchbay.sign_in_codes_claim(p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  with ended as (
    select * from sign_in_codes where ends_at < clock_timestamp() order by ends_at limit 20 for update skip locked
  ), claimed as (
    update sign_in_codes s set state = 'dropped', ends_at = clock_timestamp() + p_lease_ms * interval '1 millisecond'
    from ended where s.id = ended.id
  )
  select coalesce(jsonb_agg(to_jsonb(ended)), '[]') from ended
$function$
;
comment on function patchbay.sign_in_codes_claim(integer) is 'takes sign-ins whose code did not come, or whose holder died, to drop them; each with the state it was in';

CREATE OR REPLACE FUNCTION patchbay.sign_in_codes_take(p_workspace text, p_user text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  with taken as (
    update sign_in_codes set state = 'dropped', ends_at = clock_timestamp() + p_lease_ms * interval '1 millisecond'
    where workspace_id = p_workspace and user_id = p_user and (state = 'waits' or ends_at < clock_timestamp()) returning *
  )
  select coalesce(jsonb_agg(to_jsonb(taken)), '[]') from taken
$function$
;
comment on function patchbay.sign_in_codes_take(text,text,integer) is 'takes a person''s sign-ins that wait for their code, to drop them';

CREATE OR REPLACE FUNCTION patchbay.sign_in_look(p_state_hash text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select (select to_jsonb(s) || jsonb_build_object('late', s.expires_at < clock_timestamp()) from sign_ins s where state_hash = p_state_hash)
$function$
;
comment on function patchbay.sign_in_look(text) is 'a sign-in under way, without taking it';

CREATE OR REPLACE FUNCTION patchbay.sign_in_take(p_state_hash text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  with taken as (delete from sign_ins where state_hash = p_state_hash returning *)
  select (select to_jsonb(t) || jsonb_build_object('late', t.expires_at < clock_timestamp()) from taken t)
$function$
;
comment on function patchbay.sign_in_take(text) is 'takes a sign-in, once; null when it was taken before or never begun';

CREATE OR REPLACE FUNCTION patchbay.slack_event_forget(p_id text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  delete from slack_seen_events where event_id = p_id;
  return to_jsonb(found);
end $function$
;
comment on function patchbay.slack_event_forget(text) is 'takes the mark of an event back, so that it is acted on when it comes again';

CREATE OR REPLACE FUNCTION patchbay.slack_event_known(p_id text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select to_jsonb(exists (select from slack_seen_events where event_id = p_id))
$function$
;
comment on function patchbay.slack_event_known(text) is 'true when this event was taken before; remembers nothing';

CREATE OR REPLACE FUNCTION patchbay.slack_event_seen(p_id text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  insert into slack_seen_events (event_id) values (p_id) on conflict do nothing;
  return to_jsonb(not found);
end $function$
;
comment on function patchbay.slack_event_seen(text) is 'true when this event was taken before';

CREATE OR REPLACE FUNCTION patchbay.slack_events_prune()
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  delete from slack_seen_events where seen_at < now() - interval '24 hours';
  select null::jsonb
$function$
;
comment on function patchbay.slack_events_prune() is 'deletes the events that Slack does not deliver again';

CREATE OR REPLACE FUNCTION patchbay.slack_message_remove(p_run uuid, p_key text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  delete from slack_messages where run_id = p_run and key = p_key;
  select null::jsonb
$function$
;
comment on function patchbay.slack_message_remove(uuid,text) is 'a message is gone';

CREATE OR REPLACE FUNCTION patchbay.slack_message_save(p_run uuid, p_key text, p_channel text, p_ts text, p_content_hash text, p_live boolean)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  insert into slack_messages (run_id, key, channel, ts, content_hash, live) values (p_run, p_key, p_channel, p_ts, p_content_hash, p_live)
  on conflict (run_id, key) do update set channel = excluded.channel, ts = excluded.ts, content_hash = excluded.content_hash, live = excluded.live;
  select null::jsonb
$function$
;
comment on function patchbay.slack_message_save(uuid,text,text,text,text,boolean) is 'saves what a message shows';

CREATE OR REPLACE FUNCTION patchbay.slack_messages_of(p_run uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object('key', key, 'channel', channel, 'ts', ts, 'content_hash', content_hash, 'live', live) order by ts), '[]')
  from slack_messages where run_id = p_run
$function$
;
comment on function patchbay.slack_messages_of(uuid) is 'the messages that show a run';

CREATE OR REPLACE FUNCTION patchbay.thread_mute(p_workspace text, p_channel text, p_thread text, p_muted boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  if p_muted then
    insert into muted_threads (workspace_id, channel, thread_ts) values (p_workspace, p_channel, p_thread) on conflict do nothing;
  else
    delete from muted_threads where workspace_id = p_workspace and channel = p_channel and thread_ts = p_thread;
  end if;
  -- A thread whose runs are forgotten is no thread of the app any more.
  delete from muted_threads where workspace_id = p_workspace and muted_at < clock_timestamp() - run_retention(p_workspace);
  return null;
end $function$
;
comment on function patchbay.thread_mute(text,text,text,boolean) is 'lets the app answer only to mentions in a thread, or to everything again';

CREATE OR REPLACE FUNCTION patchbay.thread_muted(p_workspace text, p_channel text, p_thread text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select to_jsonb(exists (select from muted_threads where workspace_id = p_workspace and channel = p_channel and thread_ts = p_thread))
$function$
;
comment on function patchbay.thread_muted(text,text,text) is 'whether the app answers only to mentions in a thread';

CREATE OR REPLACE FUNCTION patchbay.token_refresh_claim(p_connection uuid, p_owner text, p_ms integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  with mine as (
    insert into token_refresh_leases (connection_id, owner, lease_until)
    values (p_connection, p_owner, clock_timestamp() + p_ms * interval '1 millisecond')
    on conflict (connection_id) do update set owner = excluded.owner, lease_until = excluded.lease_until
    where token_refresh_leases.lease_until < clock_timestamp()
    returning 1
  )
  select to_jsonb(exists (select from mine))
$function$
;
comment on function patchbay.token_refresh_claim(uuid,text,integer) is 'the lease to refresh a connection''s tokens; false while another owner has it';

CREATE OR REPLACE FUNCTION patchbay.token_refresh_release(p_connection uuid, p_owner text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  delete from token_refresh_leases where connection_id = p_connection and owner = p_owner;
  select null::jsonb
$function$
;
comment on function patchbay.token_refresh_release(uuid,text) is 'gives the lease back';

CREATE OR REPLACE FUNCTION patchbay.tool_call_counts(p_workspace text, p_connections jsonb)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object('connection', connection_id, 'tool', tool_name, 'calls', calls)), '[]')
  from (
    select connection_id, tool_name, count(*) as calls from mcp_tool_usage
    where workspace_id = p_workspace
      and connection_id in (select one::uuid from jsonb_array_elements_text(p_connections) one)
      and executed_at > now() - interval '90 days'
    group by connection_id, tool_name
  ) counted
$function$
;
comment on function patchbay.tool_call_counts(text,jsonb) is 'how often the tools of these connections were called in the last 90 days';

CREATE OR REPLACE FUNCTION patchbay.tool_changes_accept(p_workspace text, p_user text, p_id uuid, p_hash text, p_tools jsonb, p_by text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  row mcp_connections;
  accepted jsonb;
  instructions text;
begin
  select * into row from mcp_connections
  where id = p_id and workspace_id = p_workspace and user_id = p_user and listing_changes ->> 'hash' = p_hash for update;
  if not found then return null; end if;
  select coalesce(jsonb_agg(t), '[]') into accepted from jsonb_array_elements(row.listing_changes -> 'tools') t where p_tools ? (t ->> 'name');
  instructions := case when p_tools ? '' then row.listing_changes ->> 'instructions' end;
  perform audit_append(p_workspace, p_by, 'tool_changes_accepted', jsonb_build_object('connection', p_id, 'name', row.connection_name,
    'owner', p_user, 'hash', p_hash, 'instructions', instructions is not null,
    'tools', (select coalesce(jsonb_agg(jsonb_build_object('tool', t ->> 'name', 'hash', tool_pin_hash(t))), '[]') from jsonb_array_elements(accepted) t)));
  perform tool_pins_take(p_id, accepted, instructions, p_by);
  -- The listing as the server gave it: what was not accepted waits on.
  update mcp_connections set server_instructions = coalesce(row.listing_changes ->> 'instructions', row.server_instructions),
    tools_available = (
      select coalesce(jsonb_agg(coalesce(w.tool, k.tool) order by k.at, w.at), '[]')
      from jsonb_array_elements(row.tools_available) with ordinality k (tool, at)
      full join jsonb_array_elements(row.listing_changes -> 'tools') with ordinality w (tool, at) on w.tool ->> 'name' = k.tool ->> 'name')
  where id = p_id returning * into row;
  return to_jsonb(row);
end $function$
;
comment on function patchbay.tool_changes_accept(text,text,uuid,text,jsonb,text) is 'accepts some of the changes that were shown, the instructions under the empty name; null where they are others by now';

CREATE OR REPLACE FUNCTION patchbay.tool_changes_claim(p_quiet_ms integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  with due as (
    select c.id, c.listing_changes, n.channel, n.message_ts, to_jsonb(c) as connection
    from mcp_connections c left join tool_change_notes n on n.connection_id = c.id
    where (c.listing_changes is not null and (n.connection_id is null or ((n.hash <> c.listing_changes ->> 'hash' or n.message_ts is null)
        and n.told_at < clock_timestamp() - make_interval(secs => p_quiet_ms / 1000.0))))
      or (c.listing_changes is null and n.connection_id is not null)
    order by c.id limit 20 for update of c skip locked
  ),
  settled as (delete from tool_change_notes n using due where n.connection_id = due.id and due.listing_changes is null),
  noted as (
    insert into tool_change_notes as n (connection_id, hash, told_at)
    select id, listing_changes ->> 'hash', clock_timestamp() from due where listing_changes is not null
    on conflict (connection_id) do update set hash = excluded.hash, told_at = excluded.told_at
  )
  select coalesce(jsonb_agg(jsonb_build_object('connection', connection, 'channel', channel, 'ts', message_ts)), '[]') from due
$function$
;
comment on function patchbay.tool_changes_claim(integer) is 'connections whose owners are to be told of changes, or that nothing waits any more; one that was not told is claimed again';

CREATE OR REPLACE FUNCTION patchbay.tool_changes_told(p_id uuid, p_channel text, p_ts text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  update tool_change_notes set channel = p_channel, message_ts = p_ts where connection_id = p_id;
  select null::jsonb
$function$
;
comment on function patchbay.tool_changes_told(uuid,text,text) is 'where the owner was told, so that the next change is shown there, too';

CREATE OR REPLACE FUNCTION patchbay.tool_pin_hash(p_tool jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select encode(sha256(convert_to(case jsonb_typeof(p_tool) when 'string' then pin_words(p_tool #>> '{}')
    else jsonb_build_array(p_tool -> 'name', pin_words(p_tool ->> 'title'), pin_words(p_tool ->> 'description'),
      p_tool -> 'inputSchema', p_tool -> 'annotations')::text end, 'UTF8')), 'hex')
$function$
;
comment on function patchbay.tool_pin_hash(jsonb) is 'hash of all of a tool''s definition that the model or a person is shown, or of instructions';

CREATE OR REPLACE FUNCTION patchbay.tool_pins_take(p_id uuid, p_tools jsonb, p_instructions text, p_by text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  insert into tool_pins (connection_id, tool, hash, definition, pinned_by)
  select p_id, t ->> 'name', tool_pin_hash(t), t, p_by from jsonb_array_elements(p_tools) t
  union all
  select p_id, '', tool_pin_hash(to_jsonb(p_instructions)), to_jsonb(p_instructions), p_by where p_instructions is not null
  on conflict (connection_id, tool) do update set hash = excluded.hash, definition = excluded.definition,
    pinned_by = excluded.pinned_by, pinned_at = clock_timestamp()
$function$
;
comment on function patchbay.tool_pins_take(uuid,jsonb,text,text) is 'from now on these tools and instructions are the accepted ones';

CREATE OR REPLACE FUNCTION patchbay.tool_usage_prune(p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare pruned integer;
begin
  delete from mcp_tool_usage where id in (
    select due.id from workspaces w cross join lateral (
      select u.id from mcp_tool_usage u
      where u.workspace_id = w.workspace_id and u.executed_at < now() - run_retention(w.workspace_id)
      order by u.executed_at limit p_limit for update skip locked
    ) due limit p_limit
  );
  get diagnostics pruned = row_count;
  return to_jsonb(pruned);
end $function$
;
comment on function patchbay.tool_usage_prune(integer) is 'deletes the oldest tool usage that is past its workspace''s retention; how many';

CREATE OR REPLACE FUNCTION patchbay.trigger_count_outcome(p_id uuid, p_outcome text, p_most_failures integer, p_why text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare row triggers;
begin
  -- What a person stopped says nothing of the trigger.
  update triggers set failures = case p_outcome when 'finished' then 0 when 'failed' then failures + 1 else failures end
  where id = p_id returning * into row;
  if row.failures >= p_most_failures and p_outcome = 'failed' then perform trigger_pause_itself(p_id, p_why); end if;
end $function$
;
comment on function patchbay.trigger_count_outcome(uuid,text,integer,text) is 'counts failures in a row, and pauses a trigger that has too many; the caller holds its row';

CREATE OR REPLACE FUNCTION patchbay.trigger_delete(p_workspace text, p_by text, p_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare row triggers;
begin
  delete from triggers where id = p_id and workspace_id = p_workspace returning * into row;
  if not found then return 'false'; end if;
  delete from trigger_occurrences where trigger_id = p_id;
  delete from trigger_news where trigger_id = p_id;
  perform audit_append(p_workspace, p_by, 'trigger_deleted', jsonb_build_object('trigger', p_id, 'owner', row.user_id));
  return 'true';
end $function$
;
comment on function patchbay.trigger_delete(text,text,uuid) is 'deletes a trigger of anybody; the caller checks who may. Its runs stay';

CREATE OR REPLACE FUNCTION patchbay.trigger_fire(p_workspace text, p_id uuid, p_key text, p_now timestamp with time zone, p_lease_ms integer, p_manual boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  row triggers;
  taken trigger_occurrences;
begin
  select * into row from triggers where id = p_id and workspace_id = p_workspace for update;
  if not found or not (row.enabled or p_manual) then return '{"kind": "off"}'; end if;
  if exists (select from trigger_occurrences where trigger_id = p_id and key = p_key) then return '{"kind": "again"}'; end if;
  if trigger_is_running(p_id) and (p_manual or row.kind = 'schedule') then return '{"kind": "running"}'; end if;
  insert into trigger_occurrences (trigger_id, key, workspace_id, due_at, state, taken_until)
  values (p_id, p_key, row.workspace_id, p_now, 'taken', p_now + p_lease_ms * interval '1 ms') returning * into taken;
  return jsonb_build_object('kind', 'taken', 'trigger', trigger_row(row), 'occurrence', trigger_occurrence_row(taken));
end $function$
;
comment on function patchbay.trigger_fire(text,uuid,text,timestamp with time zone,integer,boolean) is 'takes an occurrence that somebody (p_manual, also while it is paused) or an event asks for, once for each key';

CREATE OR REPLACE FUNCTION patchbay.trigger_get(p_workspace text, p_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select trigger_summary(t) from triggers t where t.id = p_id and t.workspace_id = p_workspace
$function$
;
comment on function patchbay.trigger_get(text,uuid) is 'a trigger of a workspace; null where there is none';

CREATE OR REPLACE FUNCTION patchbay.trigger_is_running(p_id uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select exists (select from trigger_occurrences o left join runs r on r.id = o.run_id
    where o.trigger_id = p_id and (o.state = 'taken' or o.state = 'started' and r.status <> 'closed'))
$function$
;
comment on function patchbay.trigger_is_running(uuid) is 'whether what a trigger started is still at work, waits for somebody or is about to start';

CREATE OR REPLACE FUNCTION patchbay.trigger_news_told(p_id bigint)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  delete from trigger_news where id = p_id;
  return null;
end $function$
;
comment on function patchbay.trigger_news_told(bigint) is 'forgets what a trigger''s owner was told';

CREATE OR REPLACE FUNCTION patchbay.trigger_not_started(p_id uuid, p_key text, p_most_attempts integer, p_most_failures integer, p_why text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare gone trigger_occurrences;
begin
  perform from triggers where id = p_id for update;
  update trigger_occurrences set state = 'skipped', why = 'not_started', taken_until = null
  where trigger_id = p_id and key = p_key and state = 'taken' and attempts >= p_most_attempts returning * into gone;
  if not found then return 'false'; end if;
  insert into trigger_news (trigger_id, body) values (p_id, jsonb_build_object('kind', 'skipped', 'occurrence', trigger_occurrence_row(gone)));
  perform trigger_count_outcome(p_id, 'failed', p_most_failures, p_why);
  return 'true';
end $function$
;
comment on function patchbay.trigger_not_started(uuid,text,integer,integer,text) is 'gives up an occurrence that could not be started so many times, which counts as a failure; else it is tried again when its lease is over';

CREATE OR REPLACE FUNCTION patchbay.trigger_occurrence_row(p_occurrence patchbay.trigger_occurrences)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select jsonb_build_object('key', p_occurrence.key, 'due_at', p_occurrence.due_at, 'state', p_occurrence.state, 'why', p_occurrence.why,
    'missed', p_occurrence.missed, 'run', p_occurrence.run_id, 'outcome', p_occurrence.outcome)
$function$
;
comment on function patchbay.trigger_occurrence_row(patchbay.trigger_occurrences) is 'an occurrence as the app reads it';

CREATE OR REPLACE FUNCTION patchbay.trigger_occurrences_of(p_workspace text, p_id uuid, p_limit integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(trigger_occurrence_row(o) order by o.due_at desc), '[]') from (
    select o.* from trigger_occurrences o where o.trigger_id = p_id and o.workspace_id = p_workspace order by o.due_at desc limit p_limit) o
$function$
;
comment on function patchbay.trigger_occurrences_of(text,uuid,integer) is 'the newest occurrences of a trigger';

CREATE OR REPLACE FUNCTION patchbay.trigger_pause(p_workspace text, p_by text, p_id uuid, p_why text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare row triggers;
begin
  update triggers set enabled = false, next_at = null, paused_why = p_why, paused_by = p_by
  where id = p_id and workspace_id = p_workspace and enabled returning * into row;
  if not found then
    select * into row from triggers where id = p_id and workspace_id = p_workspace;
    return case when found then trigger_row(row) end;
  end if;
  perform audit_append(p_workspace, p_by, 'trigger_paused', jsonb_build_object('trigger', p_id, 'owner', row.user_id));
  return trigger_row(row);
end $function$
;
comment on function patchbay.trigger_pause(text,text,uuid,text) is 'pauses a trigger of anybody; the caller checks who may. Null where there is none';

CREATE OR REPLACE FUNCTION patchbay.trigger_pause_itself(p_id uuid, p_why text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare row triggers;
begin
  update triggers set enabled = false, next_at = null, paused_why = p_why, paused_by = null
  where id = p_id and enabled returning * into row;
  if not found then return; end if;
  insert into trigger_news (trigger_id, body) values (p_id, jsonb_build_object('kind', 'paused', 'why', p_why));
  perform audit_append(row.workspace_id, 'patchbay', 'trigger_paused', jsonb_build_object('trigger', p_id, 'owner', row.user_id));
end $function$
;
comment on function patchbay.trigger_pause_itself(uuid,text) is 'pauses a trigger for a reason of its own, of which its owner is told; the caller holds its row';

CREATE OR REPLACE FUNCTION patchbay.trigger_refused(p_id uuid, p_key text, p_why text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  perform from triggers where id = p_id for update;
  update trigger_occurrences set state = 'skipped', why = 'refused', taken_until = null where trigger_id = p_id and key = p_key and state = 'taken';
  if not found then return 'false'; end if;
  perform trigger_pause_itself(p_id, p_why);
  return 'true';
end $function$
;
comment on function patchbay.trigger_refused(uuid,text,text) is 'skips an occurrence that nobody can be acted for, and pauses its trigger with the reason';

CREATE OR REPLACE FUNCTION patchbay.trigger_resume(p_workspace text, p_user text, p_id uuid, p_next timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare row triggers;
begin
  select * into row from triggers where id = p_id and workspace_id = p_workspace and user_id = p_user for update;
  if not found or row.enabled then return case when found then trigger_row(row) end; end if;
  update triggers set enabled = true, next_at = p_next, paused_why = null, paused_by = null, failures = 0
  where id = p_id returning * into row;
  perform audit_append(p_workspace, p_user, 'trigger_resumed', jsonb_build_object('trigger', p_id));
  return trigger_row(row);
end $function$
;
comment on function patchbay.trigger_resume(text,text,uuid,timestamp with time zone) is 'lets a paused trigger of one''s own go on, with no failures counted. Null where there is none';

CREATE OR REPLACE FUNCTION patchbay.trigger_row(p_trigger patchbay.triggers)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select jsonb_build_object('id', p_trigger.id, 'workspace', p_trigger.workspace_id, 'owner', p_trigger.user_id, 'kind', p_trigger.kind,
    'title', p_trigger.title, 'spec', p_trigger.spec, 'workflow', p_trigger.workflow_id, 'starts', p_trigger.starts, 'place', p_trigger.place,
    'version', p_trigger.version, 'enabled', p_trigger.enabled, 'paused_why', p_trigger.paused_why, 'paused_by', p_trigger.paused_by,
    'next_at', p_trigger.next_at, 'failures', p_trigger.failures)
$function$
;
comment on function patchbay.trigger_row(patchbay.triggers) is 'a trigger as the app reads it';

CREATE OR REPLACE FUNCTION patchbay.trigger_run_ended(p_run uuid, p_outcome text, p_now timestamp with time zone, p_most_failures integer, p_why text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  trigger_of uuid;
  gone trigger_occurrences;
begin
  select trigger_id into trigger_of from trigger_occurrences where run_id = p_run and state = 'started';
  if not found then return 'false'; end if;
  perform from triggers where id = trigger_of for update;
  update trigger_occurrences set state = 'ended', outcome = p_outcome, ended_at = p_now
  where trigger_id = trigger_of and run_id = p_run and state = 'started' returning * into gone;
  if not found then return 'false'; end if;
  update triggers set cost_usd = cost_usd + coalesce((select cost_usd from runs where id = p_run), 0) where id = trigger_of;
  perform trigger_count_outcome(trigger_of, p_outcome, p_most_failures, p_why);
  return 'true';
end $function$
;
comment on function patchbay.trigger_run_ended(uuid,text,timestamp with time zone,integer,text) is 'notes once how a run of a trigger ended; false where it is no trigger''s, or was noted before';

CREATE OR REPLACE FUNCTION patchbay.trigger_save(p_workspace text, p_user text, p_id uuid, p_base integer, p_trigger jsonb, p_next timestamp with time zone, p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare row triggers;
begin
  -- One at a time for a person, so that the limit holds.
  perform pg_advisory_xact_lock(hashtextextended('patchbay triggers ' || p_workspace || p_user, 0));
  select * into row from triggers where id = p_id for update;
  if found and (row.workspace_id <> p_workspace or row.user_id <> p_user) or not found and p_base is not null then
    raise exception 'This is not yours to edit, or it was deleted meanwhile.' using errcode = 'PT404';
  end if;
  if row.id is null then
    if (select count(*) from triggers where workspace_id = p_workspace and user_id = p_user) >= p_limit then
      raise exception 'You have % scheduled tasks and triggers, and more are not kept. Delete one that you do not need.', p_limit
        using errcode = 'PT429';
    end if;
    insert into triggers (id, workspace_id, user_id, kind, title, spec, workflow_id, starts, place, next_at)
    values (p_id, p_workspace, p_user, p_trigger ->> 'kind', p_trigger ->> 'title', p_trigger -> 'spec', p_trigger ->> 'workflow',
      p_trigger -> 'starts', p_trigger -> 'place', p_next)
    returning * into row;
  elsif row.kind = p_trigger ->> 'kind' and row.title = p_trigger ->> 'title' and row.spec = p_trigger -> 'spec'
    and row.workflow_id is not distinct from p_trigger ->> 'workflow' and row.starts = p_trigger -> 'starts' and row.place = p_trigger -> 'place' then
    -- The same form may be sent twice.
    return trigger_row(row);
  elsif row.version <> coalesce(p_base, 0) then
    raise exception 'This was changed meanwhile, in another window. Copy your words, open it anew and edit that.' using errcode = 'PT409';
  else
    update triggers set kind = p_trigger ->> 'kind', title = p_trigger ->> 'title', spec = p_trigger -> 'spec',
      workflow_id = p_trigger ->> 'workflow', starts = p_trigger -> 'starts', place = p_trigger -> 'place', version = row.version + 1,
      failures = 0, next_at = case when enabled then p_next end, changed_at = clock_timestamp()
    where id = p_id returning * into row;
  end if;
  perform audit_append(p_workspace, p_user, 'trigger_saved', jsonb_build_object('trigger', p_id, 'kind', row.kind, 'version', row.version));
  return trigger_row(row);
end $function$
;
comment on function patchbay.trigger_save(text,text,uuid,integer,jsonb,timestamp with time zone,integer) is 'makes a trigger (p_base null) or changes one; p_base is the version that was edited, p_next the next occurrence of a schedule';

CREATE OR REPLACE FUNCTION patchbay.trigger_skip_late(p_id uuid, p_key text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare gone trigger_occurrences;
begin
  perform from triggers where id = p_id for update;
  update trigger_occurrences set state = 'skipped', why = 'late', taken_until = null
  where trigger_id = p_id and key = p_key and state = 'taken' returning * into gone;
  if not found then return 'false'; end if;
  insert into trigger_news (trigger_id, body) values (p_id, jsonb_build_object('kind', 'skipped', 'occurrence', trigger_occurrence_row(gone)));
  return 'true';
end $function$
;
comment on function patchbay.trigger_skip_late(uuid,text) is 'skips an occurrence that was taken, never started and is too old by now';

CREATE OR REPLACE FUNCTION patchbay.trigger_started(p_id uuid, p_key text, p_run uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  perform from triggers where id = p_id for update;
  update trigger_occurrences set state = 'started', run_id = p_run, taken_until = null where trigger_id = p_id and key = p_key and state = 'taken';
  if not found then return 'false'; end if;
  update triggers set runs = runs + 1 where id = p_id;
  return 'true';
end $function$
;
comment on function patchbay.trigger_started(uuid,text,uuid) is 'notes the run of an occurrence; false where that was noted before';

CREATE OR REPLACE FUNCTION patchbay.trigger_summary(p_trigger patchbay.triggers)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select trigger_row(p_trigger) || jsonb_build_object('runs', p_trigger.runs,
    'cost_usd', p_trigger.cost_usd + (select coalesce(sum(r.cost_usd), 0) from trigger_occurrences o join runs r on r.id = o.run_id
      where o.trigger_id = p_trigger.id and o.state = 'started'),
    'last', (select trigger_occurrence_row(o) from trigger_occurrences o where o.trigger_id = p_trigger.id order by o.due_at desc limit 1))
$function$
;
comment on function patchbay.trigger_summary(patchbay.triggers) is 'a trigger with the number and cost of its runs, those at work included, and its newest occurrence';

CREATE OR REPLACE FUNCTION patchbay.trigger_take(p_id uuid, p_due timestamp with time zone, p_next timestamp with time zone, p_occurrence jsonb, p_now timestamp with time zone, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  row triggers;
  taken trigger_occurrences;
  skipped text := p_occurrence ->> 'why';
begin
  select * into row from triggers where id = p_id for update skip locked;
  if not found or not row.enabled or row.next_at is distinct from p_due then return null; end if;
  update triggers set next_at = p_next where id = p_id returning * into row;
  if skipped is null and trigger_is_running(p_id) then skipped := 'running'; end if;
  insert into trigger_occurrences (trigger_id, key, workspace_id, due_at, state, why, missed, taken_until)
  values (p_id, p_occurrence ->> 'key', row.workspace_id, (p_occurrence ->> 'due_at')::timestamptz,
    case when skipped is null then 'taken' else 'skipped' end, skipped, (p_occurrence ->> 'missed')::integer,
    case when skipped is null then p_now + p_lease_ms * interval '1 ms' end)
  on conflict do nothing returning * into taken;
  if not found then return null; end if;
  if skipped is not null then
    insert into trigger_news (trigger_id, body)
    values (p_id, jsonb_build_object('kind', 'skipped', 'occurrence', trigger_occurrence_row(taken)));
  end if;
  delete from trigger_occurrences where trigger_id = p_id and state in ('ended', 'skipped') and due_at < (
    select o.due_at from trigger_occurrences o where o.trigger_id = p_id order by o.due_at desc offset 199 limit 1);
  return jsonb_build_object('trigger', trigger_row(row), 'occurrence', trigger_occurrence_row(taken));
end $function$
;
comment on function patchbay.trigger_take(uuid,timestamp with time zone,timestamp with time zone,jsonb,timestamp with time zone,integer) is 'takes the due occurrence of a schedule and sets the next one, as the caller computed both; null where somebody else was first. A reason in it, or a run still at work, skips it';

CREATE OR REPLACE FUNCTION patchbay.trigger_unsuccessful_since(p_trigger patchbay.triggers, p_before timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select case
    when not p_trigger.enabled or p_trigger.kind <> 'schedule' then null
    when p_trigger.next_at <= p_before then p_trigger.next_at
    else (select max(o.due_at) from trigger_occurrences o where o.trigger_id = p_trigger.id and o.due_at <= p_before
      and not exists (select from trigger_occurrences later where later.trigger_id = o.trigger_id and later.due_at >= o.due_at
        and later.outcome = 'finished')) end
$function$
;
comment on function patchbay.trigger_unsuccessful_since(patchbay.triggers,timestamp with time zone) is 'the newest occurrence before p_before after which a schedule did not succeed; null: all is well';

CREATE OR REPLACE FUNCTION patchbay.triggers_forget_person()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  delete from trigger_occurrences o using triggers t where t.id = o.trigger_id and t.workspace_id = old.workspace_id and t.user_id = old.user_id;
  delete from trigger_news n using triggers t where t.id = n.trigger_id and t.workspace_id = old.workspace_id and t.user_id = old.user_id;
  delete from triggers where workspace_id = old.workspace_id and user_id = old.user_id;
  update triggers set paused_by = 'UFORGOTTEN' where workspace_id = old.workspace_id and paused_by = old.user_id;
  return null;
end $function$
;
comment on function patchbay.triggers_forget_person() is 'a person who is forgotten leaves no triggers';

CREATE OR REPLACE FUNCTION patchbay.triggers_in(p_workspace text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(trigger_summary(t) order by t.user_id, lower(t.title), t.created_at), '[]')
  from triggers t where t.workspace_id = p_workspace
$function$
;
comment on function patchbay.triggers_in(text) is 'all that starts by itself in a workspace, for its owners';

CREATE OR REPLACE FUNCTION patchbay.triggers_of(p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(trigger_summary(t) order by lower(t.title), t.created_at), '[]')
  from triggers t where t.workspace_id = p_workspace and t.user_id = p_user
$function$
;
comment on function patchbay.triggers_of(text,text) is 'a person''s triggers';

CREATE OR REPLACE FUNCTION patchbay.triggers_pause_of(p_workspace text, p_user text, p_why text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  one uuid;
  paused integer := 0;
begin
  -- All before the first is paused, which locks the audit chain.
  perform from triggers where workspace_id = p_workspace and user_id = p_user order by id for update;
  for one in select id from triggers where workspace_id = p_workspace and user_id = p_user and enabled order by id loop
    perform trigger_pause_itself(one, p_why);
    paused := paused + 1;
  end loop;
  return to_jsonb(paused);
end $function$
;
comment on function patchbay.triggers_pause_of(text,text,text) is 'pauses all triggers of a person who cannot be acted for any more; how many';

CREATE OR REPLACE FUNCTION patchbay.triggers_poll(p_now timestamp with time zone, p_lease_ms integer, p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  due jsonb;
  left_over jsonb;
  ended jsonb;
  news jsonb;
begin
  select coalesce(jsonb_agg(trigger_row(t) order by t.next_at), '[]') into due from (
    select * from triggers where enabled and kind = 'schedule' and next_at <= p_now order by next_at limit p_limit) t;
  -- Taken and not started: whoever took it is gone.
  with open as (
    select trigger_id, key from trigger_occurrences where state = 'taken' and taken_until <= p_now
    order by taken_until limit p_limit for update skip locked
  ), taken as (
    update trigger_occurrences o set taken_until = p_now + p_lease_ms * interval '1 ms', attempts = attempts + 1
    from open where o.trigger_id = open.trigger_id and o.key = open.key returning o.*
  )
  select coalesce(jsonb_agg(jsonb_build_object('trigger', trigger_row(t), 'occurrence', trigger_occurrence_row(o))), '[]') into left_over
  from taken o join triggers t on t.id = o.trigger_id;
  select coalesce(jsonb_agg(jsonb_build_object('run', e.run_id, 'outcome', coalesce(e.outcome, 'unknown'))), '[]') into ended from (
    select o.run_id, r.outcome from trigger_occurrences o left join runs r on r.id = o.run_id
    where o.state = 'started' and (r.id is null or r.status = 'closed') limit p_limit) e;
  with open as (
    select id from trigger_news where coalesce(taken_until, p_now) <= p_now order by id limit p_limit for update skip locked
  ), taken as (
    update trigger_news n set taken_until = p_now + p_lease_ms * interval '1 ms' from open where n.id = open.id returning n.*
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', n.id, 'trigger', trigger_row(t)) || n.body order by n.id), '[]') into news
  from taken n join triggers t on t.id = n.trigger_id;
  return jsonb_build_object('due', due, 'left_over', left_over, 'ended', ended, 'news', news);
end $function$
;
comment on function patchbay.triggers_poll(timestamp with time zone,integer,integer) is 'what is to be done: schedules that are due, occurrences that were taken and not started, runs that ended, and what is to be told; the second and the last are the caller''s for the lease';

CREATE OR REPLACE FUNCTION patchbay.triggers_report_unsuccessful(p_before timestamp with time zone, p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare
  one record;
  told integer := 0;
begin
  for one in
    select t.id, o.key, o.due_at from triggers t join lateral (
      select * from trigger_occurrences where trigger_id = t.id and due_at <= p_before order by due_at desc limit 1) o on true
    -- Of what was skipped or failed it was said already.
    where t.enabled and t.kind = 'schedule' and (o.state in ('taken', 'started') or o.state = 'ended' and o.outcome = 'unknown')
      and o.due_at > coalesce(t.reported_at, '-infinity') and trigger_unsuccessful_since(t, p_before) is not null
    order by t.id limit p_limit for update of t skip locked
  loop
    update triggers set reported_at = one.due_at where id = one.id;
    insert into trigger_news (trigger_id, body)
    select one.id, jsonb_build_object('kind', 'no_success', 'occurrence', trigger_occurrence_row(o))
    from trigger_occurrences o where o.trigger_id = one.id and o.key = one.key;
    told := told + 1;
  end loop;
  return to_jsonb(told);
end $function$
;
comment on function patchbay.triggers_report_unsuccessful(timestamp with time zone,integer) is 'writes news, once for each, of schedules whose newest occurrence before p_before neither succeeded nor was said to have failed; how many';

CREATE OR REPLACE FUNCTION patchbay.triggers_without_success(p_workspace text, p_before timestamp with time zone)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(trigger_summary(t) || jsonb_build_object('since', trigger_unsuccessful_since(t, p_before)) order by lower(t.title)), '[]')
  from triggers t where t.workspace_id = p_workspace and trigger_unsuccessful_since(t, p_before) is not null
$function$
;
comment on function patchbay.triggers_without_success(text,timestamp with time zone) is 'schedules that should have succeeded and did not, whatever the reason';

CREATE OR REPLACE FUNCTION patchbay.usage_of_month(p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  with mine as (
    select * from runs
    where workspace_id = p_workspace and started_at >= month_start() and (p_user is null or user_id = p_user)
  ),
  calls as (
    select u.tool_name, u.success, c.connection_name from mcp_tool_usage u
    left join mcp_connections c on c.id = u.connection_id
    where u.workspace_id = p_workspace and u.executed_at >= month_start()
      and (p_user is null or exists (select from runs r where r.id = u.run_id and r.user_id = p_user))
  )
  select jsonb_build_object(
    'since', to_char(month_start() at time zone 'utc', 'YYYY-MM-DD'),
    'today', extract(day from now() at time zone 'utc')::integer,
    'runs', (select count(*) from mine where parent_run is null),
    'calls', (select count(*) from calls),
    'failed', (select count(*) from calls where not success),
    'tokens', (select coalesce(sum(input_tokens + output_tokens + cached_tokens), 0) from mine),
    'cost_usd', (select coalesce(sum(cost_usd), 0) from mine),
    'days', (select coalesce(jsonb_agg(jsonb_build_object('day', day, 'runs', many) order by day), '[]') from (
      select extract(day from started_at at time zone 'utc')::integer as day, count(*) as many from mine where parent_run is null group by 1) d),
    'tools', (select coalesce(jsonb_agg(jsonb_build_object('tool', tool_name, 'connection', connection_name, 'calls', many)
        order by many desc, tool_name), '[]') from (
      select tool_name, connection_name, count(*) as many from calls group by 1, 2 order by 3 desc, 1 limit 5) t))
$function$
;
comment on function patchbay.usage_of_month(text,text) is 'what a person (or, with null, the workspace) used this month; a run counts for the month it was asked in';

CREATE OR REPLACE FUNCTION patchbay.users_without(p_users jsonb, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select case when p_users is not null then (
    select coalesce(jsonb_agg(case when one = p_user then 'UFORGOTTEN' else one end order by nth), '[]')
    from jsonb_array_elements_text(p_users) with ordinality as users (one, nth)) end
$function$
;
comment on function patchbay.users_without(jsonb,text) is 'a list of people with one of them forgotten';

CREATE OR REPLACE FUNCTION patchbay.vault_read(p_name text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  return (select to_jsonb(decrypted_secret) from vault.decrypted_secrets where name = p_name);
end $function$
;
comment on function patchbay.vault_read(text) is 'a secret of Supabase Vault; null when there is none of that name';

CREATE OR REPLACE FUNCTION patchbay.vault_remove(p_name text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
begin
  delete from vault.secrets where name = p_name;
  return null;
end $function$
;
comment on function patchbay.vault_remove(text) is 'removes a secret from Supabase Vault';

CREATE OR REPLACE FUNCTION patchbay.vault_save(p_name text, p_secret text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare found_id uuid;
begin
  -- Two that save a new name at once take turns.
  perform pg_advisory_xact_lock(hashtextextended(p_name, 36));
  select id into found_id from vault.secrets where name = p_name;
  if found_id is null then perform vault.create_secret(p_secret, p_name, 'Patchbay');
  else perform vault.update_secret(found_id, p_secret);
  end if;
  return null;
end $function$
;
comment on function patchbay.vault_save(text,text) is 'saves a secret in Supabase Vault, instead of the one of that name';

CREATE OR REPLACE FUNCTION patchbay.vault_state()
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare shown oid;
begin
  select c.oid into shown from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'vault' and c.relname = 'decrypted_secrets';
  return to_jsonb(case
    when shown is null then 'missing'
    when has_schema_privilege('vault', 'usage') and has_table_privilege(shown, 'select') then 'ready'
    else 'closed' end);
end $function$
;
comment on function patchbay.vault_state() is 'whether the extension Supabase Vault is here: missing, closed (to this role) or ready';

CREATE OR REPLACE FUNCTION patchbay.withdrawn_event(p_started jsonb, p_key text)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select jsonb_strip_nulls(jsonb_build_object('type', 'withdrawn', 'calls', '[]'::jsonb, 'key', p_key, 'by', p_started #> '{origin,user}',
    'text', p_started -> 'text', 'messageTs', p_started #> '{origin,messageTs}', 'attached', p_started -> 'attached', 'at', p_started -> 'at'))
$function$
;
comment on function patchbay.withdrawn_event(jsonb,text) is 'the words of a request as an event of the run that they withdraw something of';

CREATE OR REPLACE FUNCTION patchbay.workflow_archive(p_workspace text, p_user text, p_id uuid, p_any boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
declare row workflows;
begin
  update workflows set archived_at = clock_timestamp(), shared = false
  where id = p_id and workspace_id = p_workspace and archived_at is null and (owner = p_user or (p_any and shared)) returning * into row;
  if not found then return null; end if;
  perform audit_append(p_workspace, p_user, 'workflow_archived', jsonb_build_object('workflow', p_id, 'name', row.name));
  return workflow_row(row);
end $function$
;
comment on function patchbay.workflow_archive(text,text,uuid,boolean) is 'archives a workflow of one''s own, or with p_any a shared one; null where it is neither';

CREATE OR REPLACE FUNCTION patchbay.workflow_create(p_workspace text, p_user text, p_id uuid, p_body jsonb, p_hash text, p_source text, p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
end $function$
;
comment on function patchbay.workflow_create(text,text,uuid,jsonb,text,text,integer) is 'saves a new workflow of a person; the same one twice is one';

CREATE OR REPLACE FUNCTION patchbay.workflow_edit(p_workspace text, p_user text, p_id uuid, p_base integer, p_body jsonb, p_hash text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
end $function$
;
comment on function patchbay.workflow_edit(text,text,uuid,integer,jsonb,text) is 'makes the next version of a workflow; p_base is the version that was edited. Runs under way keep theirs';

CREATE OR REPLACE FUNCTION patchbay.workflow_get(p_workspace text, p_user text, p_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select workflow_row(w) from workflows w
  where w.id = p_id and w.workspace_id = p_workspace and w.archived_at is null and (w.owner = p_user or w.shared)
$function$
;
comment on function patchbay.workflow_get(text,text,uuid) is 'a workflow that this person may run; null where there is none';

CREATE OR REPLACE FUNCTION patchbay.workflow_row(p_workflow patchbay.workflows)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select jsonb_build_object('id', p_workflow.id, 'owner', p_workflow.owner, 'body', p_workflow.body, 'hash', p_workflow.hash,
    'version', p_workflow.version, 'shared', p_workflow.shared, 'source', p_workflow.source, 'changedAt', p_workflow.changed_at)
$function$
;
comment on function patchbay.workflow_row(patchbay.workflows) is 'a workflow as the app reads it';

CREATE OR REPLACE FUNCTION patchbay.workflow_share(p_workspace text, p_user text, p_id uuid, p_shared boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
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
end $function$
;
comment on function patchbay.workflow_share(text,text,uuid,boolean) is 'offers a person''s workflow to the workspace, or takes that back; null where it is not theirs';

CREATE OR REPLACE FUNCTION patchbay.workflow_versions_of(p_workspace text, p_user text, p_id uuid, p_limit integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object('version', v.version, 'body', v.body, 'hash', v.hash, 'at', v.saved_at) order by v.version desc), '[]')
  from (
    select v.* from workflow_versions v join workflows w on w.id = v.workflow_id
    where w.id = p_id and w.workspace_id = p_workspace and w.owner = p_user order by v.version desc limit p_limit
  ) v
$function$
;
comment on function patchbay.workflow_versions_of(text,text,uuid,integer) is 'the newest versions of a workflow, for its owner';

CREATE OR REPLACE FUNCTION patchbay.workflows_forget(p_workspace text, p_user text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  delete from workflows where workspace_id = p_workspace and owner = p_user and not shared;
  update workflows set owner = 'UFORGOTTEN' where workspace_id = p_workspace and owner = p_user;
$function$
;
comment on function patchbay.workflows_forget(text,text) is 'a forgotten person''s workflows: their own go, what they shared stays the workspace''s';

CREATE OR REPLACE FUNCTION patchbay.workflows_lock(p_workspace text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select pg_advisory_xact_lock(hashtextextended('patchbay workflows ' || p_workspace, 0))
$function$
;
comment on function patchbay.workflows_lock(text) is 'lets one transaction at a time name and share workflows of a workspace';

CREATE OR REPLACE FUNCTION patchbay.workflows_of(p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'patchbay', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(workflow_row(w) order by w.owner <> p_user, lower(w.title), w.id), '[]')
  from workflows w where w.workspace_id = p_workspace and w.archived_at is null and (w.owner = p_user or w.shared)
$function$
;
comment on function patchbay.workflows_of(text,text) is 'the workflows that a person may run: their own, then those shared with the workspace';

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.agent_versions to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.agents to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.approvals to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.audit_anchors to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.audit_events to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.audit_people to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.audit_seals to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.channel_agents to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.connect_submissions to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.heard_messages to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.input_requests to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.installations to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.mcp_clear_connections to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.mcp_connections to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.mcp_registry_syncs to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.mcp_run_cards to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.mcp_tool_usage to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.muted_threads to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.onboarding_messages to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.person_agents to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.rate_limits to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.resource_subscriptions to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.rules to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.run_events to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.run_feedback to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.run_notes to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.runs to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.schema_versions to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.secret_entries to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.shared_connections to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.sign_in_codes to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.sign_ins to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.slack_messages to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.slack_seen_events to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.token_refresh_leases to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.tool_change_notes to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.tool_pins to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.trigger_news to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.trigger_occurrences to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.triggers to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.workflow_versions to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.workflows to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on patchbay.workspaces to service_role;
