-- Written by `npm run schema` from a migrated database; a test compares the two. Do not edit.

create table approvals (
  id text not null,
  run_id uuid not null,
  call_id text not null,
  workspace_id text not null,
  requester text not null,
  approvers jsonb not null,
  four_eyes boolean default false not null,
  hash text not null,
  status text default 'pending'::text not null,
  decided_by text,
  decided_at timestamp with time zone,
  reason text,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone default now() not null,
  reminded_at timestamp with time zone,
  risk text default 'destructive'::text not null,
  constraint approvals_pkey PRIMARY KEY (id),
  constraint approvals_risk_check CHECK ((risk = ANY (ARRAY['write'::text, 'destructive'::text]))),
  constraint approvals_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id) ON DELETE CASCADE,
  constraint approvals_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'approved'::text, 'denied'::text, 'expired'::text, 'stopped'::text])))
);
comment on table approvals is 'patchbay: a person''s decision on one call; settles exactly once';
alter table approvals enable row level security;

create table audit_events (
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
comment on table audit_events is 'patchbay: append-only; each row carries the hash of the one before in its workspace';
alter table audit_events enable row level security;

create table connection_leases (
  connection_id uuid not null,
  holder text not null,
  until timestamp with time zone not null,
  constraint connection_leases_pkey PRIMARY KEY (connection_id)
);
comment on table connection_leases is 'patchbay: which instance may renew a connection''s tokens now; a rotating refresh token is good for one use';
alter table connection_leases enable row level security;

create table installations (
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
comment on table installations is 'patchbay: workspaces and, where enterprise is set, whole organizations that installed the app; the token lies elsewhere, under credential_reference';
alter table installations enable row level security;

create table mcp_card_mirrors (
  url text not null,
  holder text,
  held_until timestamp with time zone,
  claimed_at timestamp with time zone,
  next_at timestamp with time zone default '-infinity'::timestamp with time zone not null,
  since timestamp with time zone,
  full_at timestamp with time zone,
  walked_at timestamp with time zone,
  failures integer default 0 not null,
  constraint mcp_card_mirrors_pkey PRIMARY KEY (url)
);
comment on table mcp_card_mirrors is 'patchbay: one row per registry; the instance that holds it reads what changed since the last walk, and now and then everything';
alter table mcp_card_mirrors enable row level security;

create table mcp_connections (
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
  era jsonb,
  era_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  last_used timestamp with time zone,
  usage_count bigint default 0 not null,
  tools_left_out jsonb default '[]'::jsonb not null,
  server_instructions text,
  offers jsonb,
  tools_stamp text default md5((tools_available)::text),
  constraint mcp_connections_pkey PRIMARY KEY (id),
  constraint mcp_connections_status_check CHECK ((status = ANY (ARRAY['connected'::text, 'failing'::text, 'needs_sign_in'::text])))
);
comment on table mcp_connections is 'patchbay: a person''s (user_id) or the workspace''s (null) link to one MCP server; secrets are elsewhere, under credential_reference';
alter table mcp_connections enable row level security;

create table mcp_run_cards (
  name text not null,
  source text not null,
  title text default ''::text not null,
  description text default ''::text not null,
  version text default ''::text not null,
  entry jsonb,
  status text default 'active'::text not null,
  verified boolean default false not null,
  popularity bigint default 0 not null,
  search_text text default ''::text not null,
  updated_at timestamp with time zone,
  seen_at timestamp with time zone default clock_timestamp() not null,
  search_names text default ((title || ' '::text) || split_part(name, '/'::text, 2)) not null,
  constraint mcp_run_cards_check CHECK (((source = 'curated'::text) OR (entry IS NOT NULL))),
  constraint mcp_run_cards_pkey PRIMARY KEY (name),
  constraint mcp_run_cards_source_check CHECK ((source = ANY (ARRAY['curated'::text, 'registry'::text]))),
  constraint mcp_run_cards_status_check CHECK ((status = ANY (ARRAY['active'::text, 'deprecated'::text])))
);
comment on table mcp_run_cards is 'patchbay: registry entries people may connect (entry: all a connection needs), and for these and our own cards how often they were connected (popularity)';
alter table mcp_run_cards enable row level security;

create table mcp_tool_usage (
  id bigint generated always as identity not null,
  workspace_id text not null,
  connection_id uuid,
  run_id uuid,
  agent text,
  tool_name text not null,
  execution_time_ms integer not null,
  success boolean not null,
  error_details text,
  tokens_saved integer default 0 not null,
  executed_at timestamp with time zone default now() not null,
  constraint mcp_tool_usage_pkey PRIMARY KEY (id)
);
comment on table mcp_tool_usage is 'patchbay: one row per tool call that returned; outlives its connection';
alter table mcp_tool_usage enable row level security;

create table mcp_watches (
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
  told_at timestamp with time zone,
  watcher text,
  watched_until timestamp with time zone,
  constraint mcp_watches_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES mcp_connections(id) ON DELETE CASCADE,
  constraint mcp_watches_connection_id_uri_channel_thread_ts_key UNIQUE (connection_id, uri, channel, thread_ts),
  constraint mcp_watches_pkey PRIMARY KEY (id)
);
comment on table mcp_watches is 'patchbay: a resource whose changes are told in a thread; one instance (watcher) listens at a time, changed_at is a change not told yet';
alter table mcp_watches enable row level security;

create table rules (
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
  constraint rules_check CHECK (((scope = 'person'::text) = (user_id IS NOT NULL))),
  constraint rules_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES mcp_connections(id) ON DELETE CASCADE,
  constraint rules_pkey PRIMARY KEY (id),
  constraint rules_scope_check CHECK ((scope = ANY (ARRAY['workspace'::text, 'person'::text]))),
  constraint rules_verdict_check CHECK ((verdict = ANY (ARRAY['allow'::text, 'ask'::text, 'deny'::text])))
);
comment on table rules is 'patchbay: what a workspace or a person decided in advance; definition pins an allow to one version of a tool';
alter table rules enable row level security;

create table run_events (
  run_id uuid not null,
  seq integer not null,
  body jsonb not null,
  at timestamp with time zone default now() not null,
  constraint run_events_pkey PRIMARY KEY (run_id, seq),
  constraint run_events_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id) ON DELETE CASCADE
);
comment on table run_events is 'patchbay: what happened to a run, in order; its state is folded from these and stored nowhere else';
alter table run_events enable row level security;

create table run_feedback (
  run_id uuid not null,
  user_id text not null,
  verdict text not null,
  at timestamp with time zone default now() not null,
  constraint run_feedback_pkey PRIMARY KEY (run_id, user_id),
  constraint run_feedback_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id) ON DELETE CASCADE,
  constraint run_feedback_verdict_check CHECK ((verdict = ANY (ARRAY['good'::text, 'bad'::text])))
);
comment on table run_feedback is 'patchbay: what a person thought of an answer; the last word counts';
alter table run_feedback enable row level security;

create table run_inputs (
  id text not null,
  run_id uuid not null,
  call_id text not null,
  workspace_id text not null,
  user_id text not null,
  kind text not null,
  live boolean not null,
  status text default 'pending'::text not null,
  given_by text,
  given_at timestamp with time zone,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone default clock_timestamp() not null,
  reminded_at timestamp with time zone,
  constraint run_inputs_pkey PRIMARY KEY (id),
  constraint run_inputs_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id) ON DELETE CASCADE,
  constraint run_inputs_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'accept'::text, 'decline'::text, 'cancel'::text, 'expired'::text, 'over'::text])))
);
comment on table run_inputs is 'patchbay: what a server asked of a person during a call; settles exactly once, over = the call ended first';
alter table run_inputs enable row level security;

create table runs (
  id uuid not null,
  number bigint generated always as identity not null,
  workspace_id text not null,
  user_id text not null,
  lane text not null,
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
  constraint runs_dedupe_key_key UNIQUE (dedupe_key),
  constraint runs_number_key UNIQUE (number),
  constraint runs_outcome_check CHECK ((outcome = ANY (ARRAY['finished'::text, 'failed'::text, 'stopped'::text]))),
  constraint runs_pkey PRIMARY KEY (id),
  constraint runs_status_check CHECK ((status = ANY (ARRAY['working'::text, 'resting'::text, 'closed'::text])))
);
comment on table runs is 'patchbay: the work on one request; working without a lease = free to take, resting = waits for a person';
alter table runs enable row level security;

create table seen_events (
  event_id text not null,
  seen_at timestamp with time zone default now() not null,
  constraint seen_events_pkey PRIMARY KEY (event_id)
);
comment on table seen_events is 'patchbay: Slack events taken in the last 24 hours';
alter table seen_events enable row level security;

create table sign_ins (
  state_hash text not null,
  workspace_id text not null,
  user_id text not null,
  connection_id uuid not null,
  details jsonb not null,
  created_at timestamp with time zone default clock_timestamp() not null,
  expires_at timestamp with time zone not null,
  constraint sign_ins_pkey PRIMARY KEY (state_hash)
);
comment on table sign_ins is 'patchbay: sign-ins under way, by the hash of the state their browser carries; each is taken once';
alter table sign_ins enable row level security;

create table slack_messages (
  run_id uuid not null,
  key text not null,
  channel text not null,
  ts text not null,
  picture text not null,
  live boolean default false not null,
  constraint slack_messages_pkey PRIMARY KEY (run_id, key),
  constraint slack_messages_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id) ON DELETE CASCADE
);
comment on table slack_messages is 'patchbay: which Slack message shows which part of a run';
alter table slack_messages enable row level security;

create table workspaces (
  workspace_id text not null,
  settings jsonb default '{}'::jsonb not null,
  created_at timestamp with time zone default now() not null,
  constraint workspaces_pkey PRIMARY KEY (workspace_id)
);
comment on table workspaces is 'patchbay: one row per Slack workspace; settings.approvers lists who decides destructive calls';
alter table workspaces enable row level security;

CREATE INDEX approvals_open ON public.approvals USING btree (workspace_id, created_at) WHERE (status = 'pending'::text);

CREATE INDEX approvals_pending ON public.approvals USING btree (expires_at) WHERE (status = 'pending'::text);

CREATE INDEX approvals_run ON public.approvals USING btree (run_id);

CREATE INDEX audit_events_workspace ON public.audit_events USING btree (workspace_id, id DESC);

CREATE UNIQUE INDEX mcp_connections_name ON public.mcp_connections USING btree (workspace_id, COALESCE(user_id, ''::text), lower(connection_name));

CREATE INDEX mcp_run_cards_names ON public.mcp_run_cards USING gin (search_names extensions.gin_trgm_ops) WITH (fastupdate=off);

CREATE INDEX mcp_tool_usage_connection ON public.mcp_tool_usage USING btree (connection_id, executed_at DESC);

CREATE INDEX mcp_tool_usage_month ON public.mcp_tool_usage USING btree (workspace_id, executed_at);

CREATE INDEX mcp_watches_person ON public.mcp_watches USING btree (workspace_id, user_id);

CREATE UNIQUE INDEX rules_always ON public.rules USING btree (connection_id, tool) WHERE (scope = 'person'::text);

CREATE INDEX rules_workspace ON public.rules USING btree (workspace_id, user_id);

CREATE INDEX run_inputs_pending ON public.run_inputs USING btree (expires_at) WHERE (status = 'pending'::text);

CREATE INDEX run_inputs_person ON public.run_inputs USING btree (workspace_id, user_id) WHERE (status = 'pending'::text);

CREATE INDEX run_inputs_run ON public.run_inputs USING btree (run_id);

CREATE INDEX runs_lane ON public.runs USING btree (lane, number);

CREATE INDEX runs_month ON public.runs USING btree (workspace_id, started_at);

CREATE INDEX runs_open ON public.runs USING btree (number) WHERE (status = 'working'::text);

CREATE INDEX runs_person ON public.runs USING btree (workspace_id, user_id, number DESC);

CREATE INDEX seen_events_age ON public.seen_events USING btree (seen_at);

CREATE INDEX sign_ins_expiry ON public.sign_ins USING btree (expires_at);

CREATE TRIGGER audit_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_events FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

CREATE TRIGGER mcp_connections_counted AFTER INSERT ON public.mcp_connections FOR EACH ROW EXECUTE FUNCTION run_card_connected();

CREATE OR REPLACE FUNCTION public.approval_decide(p_workspace text, p_id text, p_status text, p_by text, p_reason text, p_event jsonb, p_instance text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$
;
comment on function approval_decide(text,text,text,text,text,jsonb,text,integer) is 'patchbay: one compare-and-swap on pending; the winner also claims the run';

CREATE OR REPLACE FUNCTION public.approval_expire(p_at text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare due record;
begin
  select id, call_id, workspace_id into due from approvals where status = 'pending' and expires_at <= clock_timestamp() order by expires_at limit 1;
  if not found then return to_jsonb(false); end if;
  perform approval_decide(due.workspace_id, due.id, 'expired', null, null,
    jsonb_build_object('type', 'answered', 'call', due.call_id, 'approval', due.id, 'decision', 'expired', 'at', p_at), null, 0);
  return to_jsonb(true);
end $function$
;
comment on function approval_expire(text) is 'patchbay: settles one approval nobody decided in time';

CREATE OR REPLACE FUNCTION public.approval_run(p_workspace text, p_id text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select jsonb_build_object('run', run_id, 'call', call_id, 'events', run_events_bare(run_id))
  from approvals where id = p_id and workspace_id = p_workspace
$function$
;
comment on function approval_run(text,text) is 'patchbay: the run and call an approval is about';

CREATE OR REPLACE FUNCTION public.approval_unremind(p_id text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  update approvals set reminded_at = null where id = p_id and status = 'pending';
  select null::jsonb
$function$
;
comment on function approval_unremind(text) is 'patchbay: a claimed reminder that could not be sent is due again';

CREATE OR REPLACE FUNCTION public.approvals_pending(p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  with approvers as (select approvers_of(p_workspace) as named),
  open as (
    select a.* from approvals a, approvers
    where a.workspace_id = p_workspace and a.status = 'pending' and a.expires_at > now() and may_decide(a, p_user, approvers.named)
    order by a.created_at limit 40
  )
  select coalesce(jsonb_agg(jsonb_build_object('run', run_id, 'call', call_id, 'events', run_events_bare(run_id)) order by created_at), '[]')
  from open
$function$
;
comment on function approvals_pending(text,text) is 'patchbay: the open approvals a person may decide, oldest first, with their runs';

CREATE OR REPLACE FUNCTION public.approvals_remind(p_lead_ms integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
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
comment on function approvals_remind(integer) is 'patchbay: claims the reminders that are due, each once';

CREATE OR REPLACE FUNCTION public.approvals_stop(p_run uuid, p_by text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare row approvals;
begin
  for row in
    update approvals set status = 'stopped', decided_by = p_by, decided_at = clock_timestamp()
    where run_id = p_run and status = 'pending' returning *
  loop
    perform audit(row.workspace_id, coalesce(p_by, 'patchbay'), 'approval_stopped',
      jsonb_build_object('approval', row.id, 'run', row.run_id, 'call', row.call_id, 'hash', row.hash, 'requester', row.requester));
  end loop;
end $function$
;
comment on function approvals_stop(uuid,text) is 'patchbay: nobody need decide any more';

CREATE OR REPLACE FUNCTION public.approvers_of(p_workspace text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce((select settings -> 'approvers' from workspaces where workspace_id = p_workspace), '[]')
$function$
;
comment on function approvers_of(text) is 'patchbay: who decides destructive calls';

CREATE OR REPLACE FUNCTION public.approvers_set(p_workspace text, p_user text, p_approvers jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  insert into workspaces (workspace_id, settings) values (p_workspace, jsonb_build_object('approvers', p_approvers))
  on conflict (workspace_id) do update set settings = workspaces.settings || excluded.settings;
  perform audit(p_workspace, p_user, 'approvers_set', jsonb_build_object('approvers', p_approvers));
  return null;
end $function$
;
comment on function approvers_set(text,text,jsonb) is 'patchbay: names the workspace''s approvers';

CREATE OR REPLACE FUNCTION public.audit(p_workspace text, p_actor text, p_action text, p_details jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  last_hash text;
  moment timestamptz;
begin
  -- One writer per chain: two rows must never name the same predecessor.
  perform pg_advisory_xact_lock(hashtextextended('patchbay audit ' || p_workspace, 0));
  select hash into last_hash from audit_events where workspace_id = p_workspace order by id desc limit 1;
  last_hash := coalesce(last_hash, '');
  moment := clock_timestamp();
  insert into audit_events (workspace_id, actor, action, details, at, previous_hash, hash)
  values (p_workspace, p_actor, p_action, p_details, moment, last_hash,
    encode(sha256(convert_to(concat_ws('|', last_hash, p_workspace, p_actor, p_action, p_details::text,
      to_char(moment at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US')), 'utf8')), 'hex'));
  return null;
end $function$
;
comment on function audit(text,text,text,jsonb) is 'patchbay: appends one row to the workspace''s audit chain';

CREATE OR REPLACE FUNCTION public.audit_broken(p_workspace text, p_after bigint, p_most integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
$function$
;
comment on function audit_broken(text,bigint,integer) is 'patchbay: the first row of a part of the audit whose hash does not follow from the one before';

CREATE OR REPLACE FUNCTION public.audit_refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  raise exception 'audit_events is append-only' using errcode = 'PT403';
end $function$
;
comment on function audit_refuse_change() is 'patchbay: keeps the audit append-only';

CREATE OR REPLACE FUNCTION public.audit_workspaces()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(distinct workspace_id), '[]') from audit_events
$function$
;
comment on function audit_workspaces() is 'patchbay: workspaces that have an audit';

CREATE OR REPLACE FUNCTION public.budget_state(p_workspace text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select jsonb_build_object('budget_usd', w.settings -> 'budget_usd', 'spent_usd',
    (select coalesce(sum(cost_usd), 0) from runs where workspace_id = p_workspace and started_at >= month_start()))
  from workspaces w where w.workspace_id = p_workspace and w.settings ? 'budget_usd'
$function$
;
comment on function budget_state(text) is 'patchbay: a workspace''s monthly budget and what is spent of it; null without a budget';

CREATE OR REPLACE FUNCTION public.connection_add(p_workspace text, p_user text, p_id uuid, p_name text, p_card text, p_config jsonb, p_credential text, p_tools jsonb, p_left_out jsonb, p_instructions text, p_offers jsonb, p_era jsonb, p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$
;
comment on function connection_add(text,text,uuid,text,text,jsonb,text,jsonb,jsonb,text,jsonb,jsonb,integer) is 'patchbay: saves a connection that was tested, with all its server told';

CREATE OR REPLACE FUNCTION public.connection_era(p_workspace text, p_id uuid, p_era jsonb)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  update mcp_connections set era = p_era, era_at = now() where id = p_id and workspace_id = p_workspace;
  select null::jsonb
$function$
;
comment on function connection_era(text,uuid,jsonb) is 'patchbay: the protocol a server turned out to speak';

CREATE OR REPLACE FUNCTION public.connection_get(p_workspace text, p_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select to_jsonb(c) from mcp_connections c where c.id = p_id and c.workspace_id = p_workspace
$function$
;
comment on function connection_get(text,uuid) is 'patchbay: one connection of a workspace';

CREATE OR REPLACE FUNCTION public.connection_learned(p_workspace text, p_id uuid, p_tools jsonb, p_left_out jsonb, p_instructions text, p_offers jsonb)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  update mcp_connections set tools_available = p_tools, tools_left_out = p_left_out, server_instructions = p_instructions,
    offers = coalesce(p_offers, offers)
  where id = p_id and workspace_id = p_workspace
    and (tools_available, tools_left_out, server_instructions, offers)
      is distinct from (p_tools, p_left_out, p_instructions, coalesce(p_offers, offers));
  select null::jsonb
$function$
;
comment on function connection_learned(text,uuid,jsonb,jsonb,text,jsonb) is 'patchbay: what a connection''s server tells of itself now';

CREATE OR REPLACE FUNCTION public.connection_lease(p_connection uuid, p_holder text, p_ms integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  with mine as (
    insert into connection_leases (connection_id, holder, until)
    values (p_connection, p_holder, clock_timestamp() + p_ms * interval '1 millisecond')
    on conflict (connection_id) do update set holder = excluded.holder, until = excluded.until
    where connection_leases.until < clock_timestamp()
    returning 1
  )
  select to_jsonb(exists (select from mine))
$function$
;
comment on function connection_lease(uuid,text,integer) is 'patchbay: the turn to renew a connection''s tokens; false while another has it';

CREATE OR REPLACE FUNCTION public.connection_named(p_workspace text, p_user text, p_name text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select to_jsonb(c) from mcp_connections c
  where c.workspace_id = p_workspace and coalesce(c.user_id, '') = p_user and lower(c.connection_name) = lower(p_name)
$function$
;
comment on function connection_named(text,text,text) is 'patchbay: one connection by its name';

CREATE OR REPLACE FUNCTION public.connection_offers(p_workspace text, p_id uuid, p_offers jsonb)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  update mcp_connections set offers = p_offers
  where id = p_id and workspace_id = p_workspace and offers is distinct from p_offers;
  select null::jsonb
$function$
;
comment on function connection_offers(text,uuid,jsonb) is 'patchbay: what a server offers beside tools: resources, prompts, completions, subscriptions';

CREATE OR REPLACE FUNCTION public.connection_remove(p_workspace text, p_user text, p_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$
;
comment on function connection_remove(text,text,uuid) is 'patchbay: removes a person''s own connection';

CREATE OR REPLACE FUNCTION public.connection_replace(p_workspace text, p_user text, p_id uuid, p_config jsonb, p_credential text, p_tools jsonb, p_left_out jsonb, p_instructions text, p_offers jsonb, p_era jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$
;
comment on function connection_replace(text,text,uuid,jsonb,text,jsonb,jsonb,text,jsonb,jsonb) is 'patchbay: new inputs after a reconnect that worked, with all the server told';

CREATE OR REPLACE FUNCTION public.connection_saved(p_workspace text, p_user text, p_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  perform pg_advisory_xact_lock(hashtextextended('patchbay connections ' || p_workspace || p_user, 0));
  return (select to_jsonb(c) from mcp_connections c where c.id = p_id and c.workspace_id = p_workspace and c.user_id = p_user);
end $function$
;
comment on function connection_saved(text,text,uuid) is 'patchbay: what became of a save whose answer was lost';

CREATE OR REPLACE FUNCTION public.connection_status(p_workspace text, p_id uuid, p_status text, p_reason text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  update mcp_connections set status = p_status, status_reason = p_reason
  where id = p_id and workspace_id = p_workspace and (status, status_reason) is distinct from (p_status, p_reason);
  select null::jsonb
$function$
;
comment on function connection_status(text,uuid,text,text) is 'patchbay: whether a connection works';

CREATE OR REPLACE FUNCTION public.connection_unlease(p_connection uuid, p_holder text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  delete from connection_leases where connection_id = p_connection and holder = p_holder;
  select null::jsonb
$function$
;
comment on function connection_unlease(uuid,text) is 'patchbay: gives the turn back';

CREATE OR REPLACE FUNCTION public.connections_forget(p_workspace text, p_actor text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
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
    perform audit(p_workspace, p_actor, 'connections_forgotten', jsonb_build_object('rules', ended, 'connections',
      (select jsonb_agg(jsonb_build_object('connection', one -> 'id', 'name', one -> 'connection_name', 'user', one -> 'user_id'))
        from jsonb_array_elements(gone) one)));
  end if;
  return gone;
end $function$
;
comment on function connections_forget(text,text) is 'patchbay: removes all connections of a workspace that the app left';

CREATE OR REPLACE FUNCTION public.connections_in(p_workspace text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(to_jsonb(c) order by c.created_at), '[]') from mcp_connections c where c.workspace_id = p_workspace
$function$
;
comment on function connections_in(text) is 'patchbay: all connections of a workspace';

CREATE OR REPLACE FUNCTION public.connections_of(p_workspace text, p_user text, p_known jsonb)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(case when p_known ? c.tools_stamp then to_jsonb(c) - 'tools_available' else to_jsonb(c) end
    order by lower(c.connection_name)), '[]')
  from mcp_connections c where c.workspace_id = p_workspace and c.user_id = p_user
$function$
;
comment on function connections_of(text,text,jsonb) is 'patchbay: a person''s connections by name; without the tools whose stamps are known';

CREATE OR REPLACE FUNCTION public.event_seen(p_id text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  insert into seen_events (event_id) values (p_id) on conflict do nothing;
  return to_jsonb(not found);
end $function$
;
comment on function event_seen(text) is 'patchbay: true when this event was taken before';

CREATE OR REPLACE FUNCTION public.events_forget()
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  delete from seen_events where seen_at < now() - interval '24 hours';
  select null::jsonb
$function$
;
comment on function events_forget() is 'patchbay: drops markers nobody will ask for any more';

CREATE OR REPLACE FUNCTION public.feedback_keep(p_workspace text, p_run uuid, p_user text, p_verdict text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  insert into run_feedback (run_id, user_id, verdict)
  select id, p_user, p_verdict from runs where id = p_run and workspace_id = p_workspace
  on conflict (run_id, user_id) do update set verdict = excluded.verdict, at = now();
  return to_jsonb(found);
end $function$
;
comment on function feedback_keep(text,uuid,text,text) is 'patchbay: keeps a person''s word on a run; false when there is no such run here';

CREATE OR REPLACE FUNCTION public.input_expire(p_at text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare due record;
begin
  select id, run_id, call_id, workspace_id into due from run_inputs where status = 'pending' and expires_at <= clock_timestamp() order by expires_at limit 1;
  if not found then return to_jsonb(false); end if;
  perform input_give(due.workspace_id, due.id, due.run_id, null, 'expired',
    jsonb_build_object('type', 'given_input', 'call', due.call_id, 'input', due.id, 'action', 'expired', 'at', p_at), null, 0);
  return to_jsonb(true);
end $function$
;
comment on function input_expire(text) is 'patchbay: settles one question nobody answered in time';

CREATE OR REPLACE FUNCTION public.input_give(p_workspace text, p_id text, p_run uuid, p_by text, p_action text, p_event jsonb, p_instance text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$
;
comment on function input_give(text,text,uuid,text,text,jsonb,text,integer) is 'patchbay: one compare-and-swap on pending; the winner also claims the run';

CREATE OR REPLACE FUNCTION public.input_run(p_workspace text, p_id text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select jsonb_build_object('run', run_id, 'call', call_id, 'input', id, 'events', run_events_bare(run_id))
  from run_inputs where id = p_id and workspace_id = p_workspace
$function$
;
comment on function input_run(text,text) is 'patchbay: the run and call an input is about';

CREATE OR REPLACE FUNCTION public.input_unremind(p_id text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  update run_inputs set reminded_at = null where id = p_id and status = 'pending';
  select null::jsonb
$function$
;
comment on function input_unremind(text) is 'patchbay: a claimed reminder of a question that could not be sent is due again';

CREATE OR REPLACE FUNCTION public.inputs_over(p_run uuid, p_call text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  update run_inputs set status = 'over', given_at = clock_timestamp()
  where run_id = p_run and status = 'pending' and (p_call is null or call_id = p_call)
$function$
;
comment on function inputs_over(uuid,text) is 'patchbay: nobody need answer any more';

CREATE OR REPLACE FUNCTION public.inputs_pending(p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object('run', run_id, 'call', call_id, 'input', id, 'events', run_events_bare(run_id))
    order by created_at), '[]')
  from (select * from run_inputs where workspace_id = p_workspace and user_id = p_user and status = 'pending' and expires_at > now()
    order by created_at limit 40) i
$function$
;
comment on function inputs_pending(text,text) is 'patchbay: what is asked of a person now, oldest first';

CREATE OR REPLACE FUNCTION public.inputs_remind(p_lead_ms integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  with due as (
    -- What a server waits for on the wire is a matter of minutes.
    select id from run_inputs
    where status = 'pending' and not live and reminded_at is null and expires_at > clock_timestamp()
      and expires_at <= clock_timestamp() + p_lead_ms * interval '1 millisecond'
    order by expires_at limit 20 for update skip locked
  ),
  claimed as (update run_inputs i set reminded_at = clock_timestamp() from due where i.id = due.id returning i.id, i.workspace_id)
  select coalesce(jsonb_agg(jsonb_build_object('id', id, 'workspace', workspace_id)), '[]') from claimed
$function$
;
comment on function inputs_remind(integer) is 'patchbay: claims the reminders of questions that are due, each once';

CREATE OR REPLACE FUNCTION public.installation_of(p_workspace text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select to_jsonb(i) from installations i where i.workspace_id = p_workspace
$function$
;
comment on function installation_of(text) is 'patchbay: the app''s installation in a workspace or organization';

CREATE OR REPLACE FUNCTION public.installation_remove(p_workspace text, p_credential text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  delete from installations where workspace_id = p_workspace and credential_reference = p_credential;
  if not found then return 'false'::jsonb; end if;
  perform audit(p_workspace, 'slack', 'app_uninstalled', '{}');
  return 'true'::jsonb;
end $function$
;
comment on function installation_remove(text,text) is 'patchbay: forgets an installation; false when it is gone or was replaced';

CREATE OR REPLACE FUNCTION public.installation_save(p_workspace text, p_name text, p_enterprise boolean, p_bot text, p_bot_user text, p_by text, p_credential text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare former text;
begin
  -- Two people who install at once: the later one's row counts, and each former credential is named once.
  perform pg_advisory_xact_lock(hashtextextended('patchbay installation ' || p_workspace, 0));
  select credential_reference into former from installations where workspace_id = p_workspace;
  insert into installations (workspace_id, name, enterprise, bot_id, bot_user_id, installed_by, credential_reference)
  values (p_workspace, p_name, p_enterprise, p_bot, p_bot_user, p_by, p_credential)
  on conflict (workspace_id) do update set name = excluded.name, enterprise = excluded.enterprise, bot_id = excluded.bot_id,
    bot_user_id = excluded.bot_user_id, installed_by = excluded.installed_by,
    credential_reference = excluded.credential_reference, installed_at = excluded.installed_at;
  perform audit(p_workspace, p_by, 'app_installed', jsonb_build_object('name', p_name, 'enterprise', p_enterprise));
  return to_jsonb(former);
end $function$
;
comment on function installation_save(text,text,boolean,text,text,text,text) is 'patchbay: keeps an installation; returns the reference of the credential it replaces';

CREATE OR REPLACE FUNCTION public.lane_history(p_run uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  with this as (select lane, number from runs where id = p_run),
  summary as (
    select e.body, (select number from runs where id = (e.body ->> 'upTo')::uuid) as up_to
    from run_events e join runs r on r.id = e.run_id, this
    where r.lane = this.lane and r.number <= this.number and e.body ->> 'type' = 'summarised'
    order by r.number desc, e.seq desc limit 1
  )
  select jsonb_build_object(
    'summary', (select body ->> 'text' from summary),
    'runs', coalesce((
      select jsonb_agg(jsonb_build_object('id', r.id, 'events',
        (select jsonb_agg(case when e.body ? 'files' then e.body || '{"files": [], "images": []}' else e.body end order by e.seq)
          from run_events e where e.run_id = r.id)) order by r.number)
      from runs r, this
      where r.lane = this.lane and r.number < this.number and r.number > coalesce((select up_to from summary), 0)
    ), '[]'))
$function$
;
comment on function lane_history(uuid) is 'patchbay: what was said in a conversation before this run';

CREATE OR REPLACE FUNCTION public.lane_open(p_lane text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select jsonb_build_object('known', exists (select from runs where lane = p_lane),
    'open', (select id from runs where lane = p_lane and status <> 'closed' order by number limit 1))
$function$
;
comment on function lane_open(text) is 'patchbay: whether a conversation is ours, and the run at work in it';

CREATE OR REPLACE FUNCTION public.may_decide(p_approval approvals, p_user text, p_approvers jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select case
    when p_approval.four_eyes then p_user <> p_approval.requester and p_approvers ? p_user
    when p_approval.risk = 'destructive' and p_approvers <> '[]' then p_approvers ? p_user
    else p_user = p_approval.requester or p_approvers ? p_user
  end
$function$
;
comment on function may_decide(approvals,text,jsonb) is 'patchbay: whether a person may decide an approval, with these approvers';

CREATE OR REPLACE FUNCTION public.month_start()
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select date_trunc('month', now() at time zone 'utc') at time zone 'utc'
$function$
;
comment on function month_start() is 'patchbay: when this month began, in UTC';

CREATE OR REPLACE FUNCTION public.patchbay_seal()
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare target record;
begin
  for target in
    select p.oid::regprocedure as signature from pg_proc p
    join pg_description d on d.objoid = p.oid and d.classoid = 'pg_proc'::regclass
    where p.pronamespace = 'public'::regnamespace and d.description like 'patchbay:%'
  loop
    execute format('revoke all on function %s from public, anon, authenticated', target.signature);
    execute format('grant execute on function %s to service_role', target.signature);
  end loop;
  for target in
    select c.oid::regclass as name from pg_class c
    join pg_description d on d.objoid = c.oid and d.classoid = 'pg_class'::regclass and d.objsubid = 0
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'S') and d.description like 'patchbay:%'
  loop
    execute format('revoke all on %s from public, anon, authenticated', target.name);
    execute format('grant all on %s to service_role', target.name);
  end loop;
end $function$
;
comment on function patchbay_seal() is 'patchbay: closes all of its tables and functions to everybody but the service role';

CREATE OR REPLACE FUNCTION public.policy_for(p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select jsonb_build_object('rules', rules_for(p_workspace, p_user), 'approvers', approvers_of(p_workspace))
$function$
;
comment on function policy_for(text,text) is 'patchbay: the rules that bind a person, and who decides destructive calls';

CREATE OR REPLACE FUNCTION public.rule_add_always(p_workspace text, p_user text, p_connection uuid, p_tool text, p_definition text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare row rules;
begin
  if not exists (select from mcp_connections where id = p_connection and workspace_id = p_workspace and user_id = p_user) then
    raise exception 'This connection is gone, so there is nothing to allow.' using errcode = 'PT404';
  end if;
  insert into rules (workspace_id, scope, user_id, connection_id, tool, verdict, definition, created_by)
  values (p_workspace, 'person', p_user, p_connection, p_tool, 'allow', p_definition, p_user)
  on conflict (connection_id, tool) where scope = 'person' do update set definition = excluded.definition, verdict = 'allow'
  returning * into row;
  perform audit(p_workspace, p_user, 'rule_added', to_jsonb(row));
  return rule_row(row);
end $function$
;
comment on function rule_add_always(text,text,uuid,text,text) is 'patchbay: a person''s "always allow"';

CREATE OR REPLACE FUNCTION public.rule_add_workspace(p_workspace text, p_user text, p_card text, p_tool text, p_verdict text, p_four_eyes boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare row rules;
begin
  insert into rules (workspace_id, scope, card, tool, verdict, four_eyes, created_by)
  values (p_workspace, 'workspace', p_card, p_tool, p_verdict, p_four_eyes, p_user) returning * into row;
  perform audit(p_workspace, p_user, 'rule_added', to_jsonb(row));
  return rule_row(row);
end $function$
;
comment on function rule_add_workspace(text,text,text,text,text,boolean) is 'patchbay: a rule for the whole workspace';

CREATE OR REPLACE FUNCTION public.rule_revoke(p_workspace text, p_user text, p_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  row rules;
  answer jsonb;
begin
  select * into row from rules
  where id = p_id and workspace_id = p_workspace and (user_id = p_user or (scope = 'workspace' and created_by = p_user)) for update;
  if not found then return null; end if;
  answer := rule_row(row);
  delete from rules where id = p_id;
  perform audit(p_workspace, p_user, 'rule_revoked', to_jsonb(row));
  return answer;
end $function$
;
comment on function rule_revoke(text,text,uuid) is 'patchbay: takes a rule back';

CREATE OR REPLACE FUNCTION public.rule_row(p_rule rules)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select to_jsonb(p_rule) || jsonb_build_object('connection_name',
    (select c.connection_name from mcp_connections c where c.id = p_rule.connection_id))
$function$
;
comment on function rule_row(rules) is 'patchbay: a rule with its connection''s name';

CREATE OR REPLACE FUNCTION public.rules_for(p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(rule_row(r) order by r.created_at), '[]') from rules r
  where r.workspace_id = p_workspace and (r.scope = 'workspace' or r.user_id = p_user)
$function$
;
comment on function rules_for(text,text) is 'patchbay: the rules that bind a person';

CREATE OR REPLACE FUNCTION public.run_append(p_run uuid, p_fence bigint, p_seq integer, p_events jsonb, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
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
  seq_now := run_put(p_run, p_events);
  if row.lease_until is null or row.lease_until < clock_timestamp() + p_lease_ms * interval '1 millisecond' * 2 / 3 then
    update runs set lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond' where id = p_run;
  end if;
  return jsonb_build_object('kind', 'appended', 'seq', seq_now);
end $function$
;
comment on function run_append(uuid,bigint,integer,jsonb,integer) is 'patchbay: appends for the holder only; an old fence or a taken seq is refused';

CREATE OR REPLACE FUNCTION public.run_card_connected()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if position('/' in new.mcp_type) = 0 then
    insert into mcp_run_cards (name, source, popularity) values (new.mcp_type, 'curated', 1)
    on conflict (name) do update set popularity = mcp_run_cards.popularity + 1;
  else
    update mcp_run_cards set popularity = popularity + 1 where name = new.mcp_type;
  end if;
  return null;
end $function$
;
comment on function run_card_connected() is 'patchbay: counts how often a card is connected';

CREATE OR REPLACE FUNCTION public.run_card_get(p_name text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select jsonb_build_object('entry', entry, 'status', status, 'verified', verified, 'popularity', popularity)
  from mcp_run_cards where name = p_name and source = 'registry'
$function$
;
comment on function run_card_get(text) is 'patchbay: one registry entry by its name';

CREATE OR REPLACE FUNCTION public.run_cards_claim(p_url text, p_holder text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare row mcp_card_mirrors;
begin
  insert into mcp_card_mirrors (url) values (p_url) on conflict do nothing;
  update mcp_card_mirrors set holder = p_holder, claimed_at = clock_timestamp(),
    held_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
  where url = p_url and next_at <= clock_timestamp() and (held_until is null or held_until < clock_timestamp())
  returning * into row;
  if not found then return null; end if;
  return jsonb_build_object(
    'since', row.since, 'failures', row.failures,
    'full_age_ms', floor(extract(epoch from clock_timestamp() - row.full_at) * 1000)
  );
end $function$
;
comment on function run_cards_claim(text,text,integer) is 'patchbay: the turn to read a registry when it is due; null when it is not, or when another instance has it';

CREATE OR REPLACE FUNCTION public.run_cards_find(p_url text, p_workspace text, p_patterns jsonb, p_words jsonb, p_limit integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'extensions', 'pg_temp'
 SET "pg_trgm.word_similarity_threshold" TO '0.23'
AS $function$
  with fitting as (
    select c.name from mcp_run_cards c
    where c.source = 'registry' and c.search_text ~ all (array(select jsonb_array_elements_text(p_patterns)))
    order by c.search_names ~* all (array(select jsonb_array_elements_text(p_patterns))) desc, c.verified desc, c.popularity desc, c.name
    limit p_limit
  ),
  alike as (
    select c.name from jsonb_array_elements_text(p_words) word join mcp_run_cards c on word <% c.search_names
    where c.source = 'registry' and length(word) > 3 and (select count(*) from fitting) < p_limit
    group by c.name, c.popularity
    order by sum(word_similarity(word, c.search_names)) desc, c.popularity desc, c.name
    limit p_limit
  )
  select jsonb_build_object(
    'found', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'entry', c.entry, 'status', c.status, 'verified', c.verified, 'popularity', c.popularity)), '[]')
      from mcp_run_cards c where c.name in (select name from fitting union select name from alike)
    ),
    'curated', (select coalesce(jsonb_object_agg(name, popularity), '{}') from mcp_run_cards where source = 'curated'),
    'here', (
      select coalesce(jsonb_object_agg(mcp_type, connections), '{}')
      from (select mcp_type, count(*) as connections from mcp_connections where workspace_id = p_workspace group by mcp_type) counted
    ),
    'walked', exists (select from mcp_card_mirrors where url = p_url and walked_at is not null)
  )
$function$
;
comment on function run_cards_find(text,text,jsonb,jsonb,integer) is 'patchbay: registry entries that may fit a search, and how often cards are connected';

CREATE OR REPLACE FUNCTION public.run_cards_put(p_url text, p_holder text, p_lease_ms integer, p_rows jsonb, p_gone jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  update mcp_card_mirrors set held_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
  where url = p_url and holder = p_holder and held_until >= clock_timestamp();
  if not found then return 'false'::jsonb; end if;
  insert into mcp_run_cards (name, source, title, description, version, entry, status, verified, search_text, updated_at, seen_at)
  select r -> 'entry' ->> 'name', 'registry', r -> 'entry' ->> 'title', r -> 'entry' ->> 'description', r -> 'entry' ->> 'version',
    r -> 'entry', r ->> 'status', (r ->> 'verified')::boolean, r ->> 'searchText', (r ->> 'updatedAt')::timestamptz, clock_timestamp()
  from jsonb_array_elements(p_rows) r
  on conflict (name) do update set
    title = excluded.title, description = excluded.description, version = excluded.version, entry = excluded.entry,
    status = excluded.status, verified = excluded.verified, search_text = excluded.search_text,
    updated_at = excluded.updated_at, seen_at = excluded.seen_at
  where mcp_run_cards.source = 'registry';
  delete from mcp_run_cards where source = 'registry' and name in (select jsonb_array_elements_text(p_gone));
  return 'true'::jsonb;
end $function$
;
comment on function run_cards_put(text,text,integer,jsonb,jsonb) is 'patchbay: keeps a page of a registry and renews the lease; false when another instance has it now';

CREATE OR REPLACE FUNCTION public.run_cards_rest(p_url text, p_holder text, p_failures integer, p_again_ms integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  update mcp_card_mirrors set failures = p_failures, holder = null, held_until = null,
    next_at = clock_timestamp() + p_again_ms * interval '1 millisecond'
  where url = p_url and holder = p_holder;
  select null::jsonb
$function$
;
comment on function run_cards_rest(text,text,integer,integer) is 'patchbay: a walk was given up; another instance or a later moment goes on';

CREATE OR REPLACE FUNCTION public.run_cards_walked(p_url text, p_holder text, p_since timestamp with time zone, p_full boolean, p_again_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare row mcp_card_mirrors;
begin
  update mcp_card_mirrors set since = p_since, walked_at = clock_timestamp(), failures = 0, holder = null, held_until = null,
    full_at = case when p_full then claimed_at else full_at end,
    next_at = clock_timestamp() + p_again_ms * interval '1 millisecond'
  where url = p_url and holder = p_holder returning * into row;
  if found and p_full then
    delete from mcp_run_cards where source = 'registry' and seen_at < row.claimed_at;
  end if;
  return to_jsonb(found);
end $function$
;
comment on function run_cards_walked(text,text,timestamp with time zone,boolean,integer) is 'patchbay: a walk came to its end; after a full one what was not seen is gone';

CREATE OR REPLACE FUNCTION public.run_claim(p_run uuid, p_instance text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select to_jsonb(run_take(p_run, p_instance, p_lease_ms))
$function$
;
comment on function run_claim(uuid,text,integer) is 'patchbay: takes one named run if it is free';

CREATE OR REPLACE FUNCTION public.run_close(p_run uuid, p_fence bigint, p_seq integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare closed runs;
begin
  update runs set status = 'closed', owner = null, lease_until = null, closed_at = now()
  where id = p_run and fence = p_fence and last_seq = p_seq and status <> 'closed' returning * into closed;
  if not found then return jsonb_build_object('closed', false, 'next', null); end if;
  -- What calls gave as files stands in Slack from here on.
  update run_events set body = body || '{"files": [], "images": []}' where run_id = p_run and body ->> 'type' = 'returned'
    and (body -> 'files' <> '[]' or body -> 'images' <> '[]');
  return jsonb_build_object('closed', true, 'next',
    (select id from runs where lane = closed.lane and status = 'working' and number > closed.number order by number limit 1));
end $function$
;
comment on function run_close(uuid,bigint,integer) is 'patchbay: ends a run whose end is told; names the next of its conversation';

CREATE OR REPLACE FUNCTION public.run_disown(p_owner text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  update runs set owner = null, lease_until = null where owner = p_owner and status = 'working';
  return to_jsonb(found);
end $function$
;
comment on function run_disown(text) is 'patchbay: frees what an instance known to be dead still holds';

CREATE OR REPLACE FUNCTION public.run_events_bare(p_run uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(case when e.body ? 'files' then e.body || '{"files": [], "images": []}' else e.body end order by e.seq), '[]')
  from run_events e where e.run_id = p_run
$function$
;
comment on function run_events_bare(uuid) is 'patchbay: a run''s events as doors see them';

CREATE OR REPLACE FUNCTION public.run_owners()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(distinct owner), '[]') from runs where status = 'working' and owner is not null
$function$
;
comment on function run_owners() is 'patchbay: instances that hold runs';

CREATE OR REPLACE FUNCTION public.run_poll(p_instance text, p_held jsonb, p_free integer, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  held jsonb;
  taken jsonb := '[]';
  candidate record;
  fence_now bigint;
begin
  with kept as (
    update runs r set lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
    from jsonb_to_recordset(p_held) as h (run uuid, fence bigint)
    where r.id = h.run and r.fence = h.fence and r.status = 'working'
    returning r.id, r.last_seq
  )
  select coalesce(jsonb_agg(jsonb_build_object('run', id, 'seq', last_seq)), '[]') into held from kept;
  for candidate in
    select r.id from runs r
    where r.status = 'working' and (r.lease_until is null or r.lease_until < clock_timestamp())
      and not exists (select from runs ahead where ahead.lane = r.lane and ahead.number < r.number and ahead.status <> 'closed')
    order by r.number limit greatest(p_free, 0) for update of r skip locked
  loop
    fence_now := run_take(candidate.id, p_instance, p_lease_ms);
    if fence_now is not null then
      taken := taken || jsonb_build_object('run', candidate.id, 'fence', fence_now);
    end if;
  end loop;
  return jsonb_build_object('held', held, 'taken', taken);
end $function$
;
comment on function run_poll(text,jsonb,integer,integer) is 'patchbay: heartbeat and claim in one statement';

CREATE OR REPLACE FUNCTION public.run_project(p_run uuid, p_event jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$
;
comment on function run_project(uuid,jsonb) is 'patchbay: keeps usage, counters and approvals in step with the events';

CREATE OR REPLACE FUNCTION public.run_put(p_run uuid, p_events jsonb)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
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
    perform run_project(p_run, event);
  end loop;
  return seq_now;
end $function$
;
comment on function run_put(uuid,jsonb) is 'patchbay: appends events to a run whose row is locked';

CREATE OR REPLACE FUNCTION public.run_read(p_run uuid, p_fence bigint, p_after integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select jsonb_build_object('id', r.id, 'fence', r.fence, 'seq', r.last_seq, 'status', r.status,
    'events', (select coalesce(jsonb_agg(e.body order by e.seq), '[]')
      from run_events e where e.run_id = r.id and e.seq > p_after and e.seq <= r.last_seq))
  from runs r where r.id = p_run and r.fence = p_fence
$function$
;
comment on function run_read(uuid,bigint,integer) is 'patchbay: a run''s events after a seq, for the instance that holds it';

CREATE OR REPLACE FUNCTION public.run_release(p_run uuid, p_fence bigint, p_after_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  update runs set owner = null,
    lease_until = case when p_after_ms > 0 then clock_timestamp() + p_after_ms * interval '1 millisecond' end
  where id = p_run and fence = p_fence and status = 'working';
  return to_jsonb(found);
end $function$
;
comment on function run_release(uuid,bigint,integer) is 'patchbay: gives a run back unfinished, to be taken again after a while';

CREATE OR REPLACE FUNCTION public.run_rest(p_run uuid, p_fence bigint, p_seq integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  update runs set status = 'resting', owner = null, lease_until = null
  where id = p_run and fence = p_fence and last_seq = p_seq and status = 'working';
  return to_jsonb(found);
end $function$
;
comment on function run_rest(uuid,bigint,integer) is 'patchbay: lets go of a run that waits for a person; refused when something happened since p_seq';

CREATE OR REPLACE FUNCTION public.run_start(p_id uuid, p_workspace text, p_user text, p_lane text, p_dedupe text, p_events jsonb, p_instance text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$
;
comment on function run_start(uuid,text,text,text,text,jsonb,text,integer) is 'patchbay: one run per message, claimed at once when its conversation is free';

CREATE OR REPLACE FUNCTION public.run_state(p_workspace text, p_run uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select jsonb_build_object('id', r.id, 'events', run_events_bare(r.id)) from runs r where r.id = p_run and r.workspace_id = p_workspace
$function$
;
comment on function run_state(text,uuid) is 'patchbay: a workspace''s run, for who looks at it';

CREATE OR REPLACE FUNCTION public.run_stop(p_workspace text, p_run uuid, p_event jsonb, p_instance text, p_lease_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$
;
comment on function run_stop(text,uuid,jsonb,text,integer) is 'patchbay: stops a run whoever holds it';

CREATE OR REPLACE FUNCTION public.run_take(p_run uuid, p_instance text, p_lease_ms integer)
 RETURNS bigint
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  update runs set status = 'working', owner = p_instance, fence = fence + 1,
    lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
  where id = p_run and status <> 'closed' and (lease_until is null or lease_until < clock_timestamp())
    and not exists (select from runs ahead where ahead.lane = runs.lane and ahead.number < runs.number and ahead.status <> 'closed')
  returning fence
$function$
;
comment on function run_take(uuid,text,integer) is 'patchbay: claims a free run, raising its fence';

CREATE OR REPLACE FUNCTION public.runs_digest(p_workspace text, p_user text, p_limit integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', r.id,
    'at', r.started_at,
    'text', left(first.body ->> 'text', 300),
    'channel', first.body #>> '{origin,channel}',
    'place', first.body #>> '{origin,place}',
    'outcome', coalesce(r.outcome, case
      when exists (select from approvals a where a.run_id = r.id and a.status = 'pending') then 'waiting'
      when exists (select from run_inputs i where i.run_id = r.id and i.status = 'pending') then 'waiting' else 'working' end),
    'why', (select left(e.body ->> 'message', 300) from run_events e
      where r.outcome = 'failed' and e.run_id = r.id and e.body ->> 'type' = 'failed' order by e.seq desc limit 1),
    'calls', (select count(*) from mcp_tool_usage u where u.run_id = r.id and u.workspace_id = p_workspace and u.executed_at >= r.started_at),
    'cost_usd', r.cost_usd) order by r.number desc), '[]')
  from (select * from runs where workspace_id = p_workspace and user_id = p_user order by number desc limit p_limit) r
  join run_events first on first.run_id = r.id and first.seq = 1
$function$
;
comment on function runs_digest(text,text,integer) is 'patchbay: a person''s last requests and how they ended, newest first';

CREATE OR REPLACE FUNCTION public.runs_open(p_workspace text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(id order by number), '[]') from runs
  where workspace_id = p_workspace and status <> 'closed' and outcome is null
$function$
;
comment on function runs_open(text) is 'patchbay: a workspace''s runs that are at work, wait for a person or wait their turn';

CREATE OR REPLACE FUNCTION public.runs_recent(p_workspace text, p_user text, p_limit integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'events', run_events_bare(r.id)) order by r.number desc), '[]')
  from (select id, number from runs where workspace_id = p_workspace and user_id = p_user order by number desc limit p_limit) r
$function$
;
comment on function runs_recent(text,text,integer) is 'patchbay: a person''s last runs, newest first';

CREATE OR REPLACE FUNCTION public.schema_version()
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$ select '"20261128000022"'::jsonb $function$
;
comment on function schema_version() is 'patchbay: the newest migration applied';

CREATE OR REPLACE FUNCTION public.settings_change(p_workspace text, p_user text, p_change jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare changed jsonb;
begin
  insert into workspaces (workspace_id, settings) values (p_workspace, jsonb_strip_nulls(p_change))
  on conflict (workspace_id) do update set settings = jsonb_strip_nulls(workspaces.settings || p_change)
  returning settings into changed;
  perform audit(p_workspace, p_user, 'settings_changed', p_change);
  return changed;
end $function$
;
comment on function settings_change(text,text,jsonb) is 'patchbay: changes a workspace''s settings';

CREATE OR REPLACE FUNCTION public.settings_of(p_workspace text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce((select settings from workspaces where workspace_id = p_workspace), '{}')
$function$
;
comment on function settings_of(text) is 'patchbay: what a workspace decided: approvers, approvals_channel, cards, budget_usd';

CREATE OR REPLACE FUNCTION public.shown_forget(p_run uuid, p_key text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  delete from slack_messages where run_id = p_run and key = p_key;
  select null::jsonb
$function$
;
comment on function shown_forget(uuid,text) is 'patchbay: a message is gone';

CREATE OR REPLACE FUNCTION public.shown_of(p_run uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object('key', key, 'channel', channel, 'ts', ts, 'picture', picture, 'live', live) order by ts), '[]')
  from slack_messages where run_id = p_run
$function$
;
comment on function shown_of(uuid) is 'patchbay: the messages that show a run';

CREATE OR REPLACE FUNCTION public.shown_record(p_run uuid, p_key text, p_channel text, p_ts text, p_picture text, p_live boolean)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  insert into slack_messages (run_id, key, channel, ts, picture, live) values (p_run, p_key, p_channel, p_ts, p_picture, p_live)
  on conflict (run_id, key) do update set channel = excluded.channel, ts = excluded.ts, picture = excluded.picture, live = excluded.live;
  select null::jsonb
$function$
;
comment on function shown_record(uuid,text,text,text,text,boolean) is 'patchbay: remembers what a message shows';

CREATE OR REPLACE FUNCTION public.sign_in_begin(p_state_hash text, p_workspace text, p_user text, p_connection uuid, p_details jsonb, p_ttl_ms integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare forgotten jsonb;
begin
  with gone as (
    delete from sign_ins where expires_at < clock_timestamp() - interval '1 hour' returning state_hash
  )
  select coalesce(jsonb_agg(state_hash), '[]') into forgotten from gone;
  insert into sign_ins (state_hash, workspace_id, user_id, connection_id, details, expires_at)
  values (p_state_hash, p_workspace, p_user, p_connection, p_details, clock_timestamp() + p_ttl_ms * interval '1 millisecond');
  return forgotten;
end $function$
;
comment on function sign_in_begin(text,text,text,uuid,jsonb,integer) is 'patchbay: notes a sign-in that begins; answers which old ones are forgotten, whose secrets can go';

CREATE OR REPLACE FUNCTION public.sign_in_take(p_state_hash text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  with taken as (delete from sign_ins where state_hash = p_state_hash returning *)
  select (select to_jsonb(t) || jsonb_build_object('late', t.expires_at < clock_timestamp()) from taken t)
$function$
;
comment on function sign_in_take(text) is 'patchbay: takes a sign-in, once; null when it was taken before or never begun';

CREATE OR REPLACE FUNCTION public.usage_month(p_workspace text, p_user text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
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
    'runs', (select count(*) from mine),
    'calls', (select count(*) from calls),
    'failed', (select count(*) from calls where not success),
    'tokens', (select coalesce(sum(input_tokens + output_tokens + cached_tokens), 0) from mine),
    'cost_usd', (select coalesce(sum(cost_usd), 0) from mine),
    'days', (select coalesce(jsonb_agg(jsonb_build_object('day', day, 'runs', many) order by day), '[]') from (
      select extract(day from started_at at time zone 'utc')::integer as day, count(*) as many from mine group by 1) d),
    'tools', (select coalesce(jsonb_agg(jsonb_build_object('tool', tool_name, 'connection', connection_name, 'calls', many)
        order by many desc, tool_name), '[]') from (
      select tool_name, connection_name, count(*) as many from calls group by 1, 2 order by 3 desc, 1 limit 5) t))
$function$
;
comment on function usage_month(text,text) is 'patchbay: what a person (or, with null, the workspace) used this month';

CREATE OR REPLACE FUNCTION public.watch_add(p_id uuid, p_connection uuid, p_workspace text, p_user text, p_uri text, p_name text, p_channel text, p_thread text, p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$
;
comment on function watch_add(uuid,uuid,text,text,text,text,text,text,integer) is 'patchbay: tells changes of a resource in a thread from now on';

CREATE OR REPLACE FUNCTION public.watch_changed(p_connection uuid, p_uri text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  update mcp_watches set changed_at = clock_timestamp() where connection_id = p_connection and uri = p_uri and changed_at is null;
  select null::jsonb
$function$
;
comment on function watch_changed(uuid,text) is 'patchbay: notes a change that is to be told';

CREATE OR REPLACE FUNCTION public.watch_get(p_workspace text, p_user text, p_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select to_jsonb(w) from mcp_watches w where w.id = p_id and w.workspace_id = p_workspace and w.user_id = p_user
$function$
;
comment on function watch_get(text,text,uuid) is 'patchbay: one resource a person watches';

CREATE OR REPLACE FUNCTION public.watch_remove(p_workspace text, p_user text, p_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare row mcp_watches;
begin
  delete from mcp_watches where id = p_id and workspace_id = p_workspace and user_id = p_user returning * into row;
  if not found then return null; end if;
  return to_jsonb(row);
end $function$
;
comment on function watch_remove(text,text,uuid) is 'patchbay: a person wants to hear no more of a resource';

CREATE OR REPLACE FUNCTION public.watches_claim(p_watcher text, p_lease_ms integer, p_most integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare claimed jsonb;
begin
  -- All watches of a connection are one instance's, which a lock on single rows could not promise.
  perform pg_advisory_xact_lock(hashtextextended('patchbay watchers', 0));
  with holders as (
    select connection_id, bool_or(watcher = p_watcher and watched_until > clock_timestamp()) as mine,
      bool_or(watched_until > clock_timestamp()) as held
    from mcp_watches group by connection_id
  ),
  chosen as (select connection_id from holders where mine or held is not true order by mine desc nulls last limit p_most),
  taken as (
    update mcp_watches w set watcher = p_watcher, watched_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
    from chosen where w.connection_id = chosen.connection_id returning w.*
  )
  select coalesce(jsonb_agg(to_jsonb(taken) order by created_at), '[]') into claimed from taken;
  return claimed;
end $function$
;
comment on function watches_claim(text,integer,integer) is 'patchbay: takes or renews the connections whose resources this instance watches';

CREATE OR REPLACE FUNCTION public.watches_due(p_watcher text, p_quiet_ms integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  with due as (
    select id from mcp_watches
    where watcher = p_watcher and changed_at is not null
      and (told_at is null or told_at <= clock_timestamp() - p_quiet_ms * interval '1 millisecond')
    order by changed_at limit 20 for update skip locked
  ),
  told as (update mcp_watches w set told_at = clock_timestamp(), changed_at = null from due where w.id = due.id returning w.*)
  select coalesce(jsonb_agg(to_jsonb(told)), '[]') from told
$function$
;
comment on function watches_due(text,integer) is 'patchbay: claims the changes that are to be told now, each once';

CREATE OR REPLACE FUNCTION public.watches_release(p_watcher text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  update mcp_watches set watcher = null, watched_until = null where watcher = p_watcher;
  select null::jsonb
$function$
;
comment on function watches_release(text) is 'patchbay: gives back what an instance watched';

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on approvals to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on audit_events to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on connection_leases to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on installations to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on mcp_card_mirrors to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on mcp_connections to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on mcp_run_cards to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on mcp_tool_usage to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on mcp_watches to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on rules to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on run_events to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on run_feedback to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on run_inputs to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on runs to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on seen_events to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on sign_ins to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on slack_messages to service_role;

grant DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE on workspaces to service_role;
