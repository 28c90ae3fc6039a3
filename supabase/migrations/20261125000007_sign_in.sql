-- A browser that comes back from an authorization server may reach any instance, so what it comes back to is a row.
create table sign_ins (
  state_hash text primary key,
  workspace_id text not null,
  user_id text not null,
  connection_id uuid not null,
  details jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);
comment on table sign_ins is 'patchbay: sign-ins under way, by the hash of the state their browser carries; each is taken once';
create index sign_ins_expiry on sign_ins (expires_at);
alter table sign_ins enable row level security;

-- Not a column of the connection: a sign-in needs its turn before there is one.
create table connection_leases (
  connection_id uuid primary key,
  holder text not null,
  until timestamptz not null
);
comment on table connection_leases is 'patchbay: which instance may renew a connection''s tokens now; a rotating refresh token is good for one use';
alter table connection_leases enable row level security;

create function sign_in_begin(p_state_hash text, p_workspace text, p_user text, p_connection uuid, p_details jsonb, p_ttl_ms integer)
returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare forgotten jsonb;
begin
  with gone as (
    delete from sign_ins where expires_at < clock_timestamp() - interval '1 hour' returning state_hash
  )
  select coalesce(jsonb_agg(state_hash), '[]') into forgotten from gone;
  insert into sign_ins (state_hash, workspace_id, user_id, connection_id, details, expires_at)
  values (p_state_hash, p_workspace, p_user, p_connection, p_details, clock_timestamp() + p_ttl_ms * interval '1 millisecond');
  return forgotten;
end $$;
comment on function sign_in_begin(text, text, text, uuid, jsonb, integer) is 'patchbay: notes a sign-in that begins; answers which old ones are forgotten, whose secrets can go';

create function sign_in_take(p_state_hash text) returns jsonb
language sql set search_path = public, pg_temp as $$
  with taken as (delete from sign_ins where state_hash = p_state_hash returning *)
  select (select to_jsonb(t) || jsonb_build_object('late', t.expires_at < clock_timestamp()) from taken t)
$$;
comment on function sign_in_take(text) is 'patchbay: takes a sign-in, once; null when it was taken before or never begun';

create function connection_lease(p_connection uuid, p_holder text, p_ms integer) returns jsonb
language sql set search_path = public, pg_temp as $$
  with mine as (
    insert into connection_leases (connection_id, holder, until)
    values (p_connection, p_holder, clock_timestamp() + p_ms * interval '1 millisecond')
    on conflict (connection_id) do update set holder = excluded.holder, until = excluded.until
    where connection_leases.until < clock_timestamp()
    returning 1
  )
  select to_jsonb(exists (select from mine))
$$;
comment on function connection_lease(uuid, text, integer) is 'patchbay: the turn to renew a connection''s tokens; false while another has it';

create function connection_unlease(p_connection uuid, p_holder text) returns jsonb
language sql set search_path = public, pg_temp as $$
  delete from connection_leases where connection_id = p_connection and holder = p_holder;
  select null::jsonb
$$;
comment on function connection_unlease(uuid, text) is 'patchbay: gives the turn back';

create or replace function schema_version() returns jsonb language sql immutable set search_path = public, pg_temp as
  $$ select '"20261125000007"'::jsonb $$;
select patchbay_seal();
