-- A sign-in counts once the person who asked for it has entered the code that their browser shows, and secrets can be entered on a page of ours.
create function patchbay.sign_in_look(p_state_hash text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select (select to_jsonb(s) || jsonb_build_object('late', s.expires_at < clock_timestamp()) from sign_ins s where state_hash = p_state_hash)
$$;
comment on function patchbay.sign_in_look(text) is 'a sign-in under way, without taking it';

create table patchbay.sign_in_codes (
  id uuid primary key,
  workspace_id text not null,
  user_id text not null,
  connection_id uuid not null,
  details jsonb not null,
  code_hash text not null,
  tries integer not null default 0,
  state text not null default 'waits' constraint sign_in_codes_state_check check (state in ('waits', 'confirmed', 'dropped')),
  created_at timestamptz not null default clock_timestamp(),
  ends_at timestamptz not null
);
comment on table patchbay.sign_in_codes is 'sign-ins that came back and wait for their code; ends_at is the end of the wait, or of the lease of who finishes or drops it';
create index sign_in_codes_end on patchbay.sign_in_codes (ends_at);
alter table patchbay.sign_in_codes enable row level security;

create function patchbay.sign_in_code_save(
  p_id uuid, p_workspace text, p_user text, p_connection uuid, p_details jsonb, p_code_hash text, p_ttl_ms integer
) returns jsonb language sql set search_path = patchbay, pg_temp as $$
  insert into sign_in_codes (id, workspace_id, user_id, connection_id, details, code_hash, ends_at)
  values (p_id, p_workspace, p_user, p_connection, p_details, p_code_hash, clock_timestamp() + p_ttl_ms * interval '1 millisecond');
  select null::jsonb
$$;
comment on function patchbay.sign_in_code_save(uuid, text, text, uuid, jsonb, text, integer) is 'a sign-in came back and waits for its code';

create function patchbay.sign_in_code_try(
  p_id uuid, p_workspace text, p_user text, p_code_hash text, p_max_tries integer, p_lease_ms integer
) returns jsonb language plpgsql set search_path = patchbay, pg_temp as $$
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
end $$;
comment on function patchbay.sign_in_code_try(uuid, text, text, text, integer, integer) is 'tries a code: confirmed, wrong, spent (too many were wrong) or late; null when there is none for this person. All but wrong are the caller''s to finish within the lease';

create function patchbay.sign_in_codes_claim(p_lease_ms integer) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  with ended as (
    select * from sign_in_codes where ends_at < clock_timestamp() order by ends_at limit 20 for update skip locked
  ), claimed as (
    update sign_in_codes s set state = 'dropped', ends_at = clock_timestamp() + p_lease_ms * interval '1 millisecond'
    from ended where s.id = ended.id
  )
  select coalesce(jsonb_agg(to_jsonb(ended)), '[]') from ended
$$;
comment on function patchbay.sign_in_codes_claim(integer) is 'takes sign-ins whose code did not come, or whose holder died, to drop them; each with the state it was in';

create function patchbay.sign_in_code_delete(p_id uuid) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  delete from sign_in_codes where id = p_id;
  select null::jsonb
$$;
comment on function patchbay.sign_in_code_delete(uuid) is 'a sign-in was saved or dropped';

create table patchbay.secret_entries (
  id uuid primary key,
  token_hash text not null unique,
  workspace_id text not null,
  user_id text not null,
  details jsonb not null,
  entered_at timestamptz,
  expires_at timestamptz not null
);
comment on table patchbay.secret_entries is 'secrets to be entered on a page, by the hash of its link; the credential store keeps what was entered';
create index secret_entries_expiry on patchbay.secret_entries (expires_at);
alter table patchbay.secret_entries enable row level security;

create function patchbay.secret_entry_open(p_id uuid, p_token_hash text, p_workspace text, p_user text, p_details jsonb, p_ttl_ms integer)
returns jsonb language sql set search_path = patchbay, pg_temp as $$
  insert into secret_entries (id, token_hash, workspace_id, user_id, details, expires_at)
  values (p_id, p_token_hash, p_workspace, p_user, p_details, clock_timestamp() + p_ttl_ms * interval '1 millisecond');
  select null::jsonb
$$;
comment on function patchbay.secret_entry_open(uuid, text, text, text, jsonb, integer) is 'a page on which one person can enter secrets, once';

create function patchbay.secret_entry_look(p_token_hash text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select (select to_jsonb(e) from secret_entries e
    where token_hash = p_token_hash and entered_at is null and expires_at > clock_timestamp())
$$;
comment on function patchbay.secret_entry_look(text) is 'what a page is for; null when it was used or is too old';

create function patchbay.secret_entry_take(p_token_hash text, p_ttl_ms integer) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  with taken as (
    update secret_entries set entered_at = clock_timestamp(), expires_at = clock_timestamp() + p_ttl_ms * interval '1 millisecond'
    where token_hash = p_token_hash and entered_at is null and expires_at > clock_timestamp() returning *
  )
  select (select to_jsonb(t) from taken t)
$$;
comment on function patchbay.secret_entry_take(text, integer) is 'the page was sent, once; null when it was used or is too old';

create function patchbay.secret_entry_of(p_id uuid, p_workspace text, p_user text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select (select to_jsonb(e) from secret_entries e
    where id = p_id and workspace_id = p_workspace and user_id = p_user and expires_at > clock_timestamp())
$$;
comment on function patchbay.secret_entry_of(uuid, text, text) is 'a person''s own page; null when it is too old';

create function patchbay.secret_entries_expired() returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(id), '[]') from (select id from secret_entries where expires_at < clock_timestamp() limit 100) old
$$;
comment on function patchbay.secret_entries_expired() is 'pages whose secrets can go';

create function patchbay.secret_entry_delete(p_id uuid) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  delete from secret_entries where id = p_id;
  select null::jsonb
$$;
comment on function patchbay.secret_entry_delete(uuid) is 'what was entered on a page is used or gone';

insert into patchbay.schema_versions (version, breaking) values ('20261129000037', false);
select patchbay.restrict_access();
