alter table run_inputs add column reminded_at timestamptz;

create function inputs_remind(p_lead_ms integer) returns jsonb
language sql set search_path = public, pg_temp as $$
  with due as (
    -- What a server waits for on the wire is a matter of minutes.
    select id from run_inputs
    where status = 'pending' and not live and reminded_at is null and expires_at > clock_timestamp()
      and expires_at <= clock_timestamp() + p_lead_ms * interval '1 millisecond'
    order by expires_at limit 20 for update skip locked
  ),
  claimed as (update run_inputs i set reminded_at = clock_timestamp() from due where i.id = due.id returning i.id)
  select coalesce(jsonb_agg(id), '[]') from claimed
$$;
comment on function inputs_remind(integer) is 'patchbay: claims the reminders of questions that are due, each once';

create function input_unremind(p_id text) returns jsonb
language sql set search_path = public, pg_temp as $$
  update run_inputs set reminded_at = null where id = p_id and status = 'pending';
  select null::jsonb
$$;
comment on function input_unremind(text) is 'patchbay: a claimed reminder of a question that could not be sent is due again';

create or replace function schema_version() returns jsonb language sql immutable set search_path = public, pg_temp as
  $$ select '"20261128000017"'::jsonb $$;
select patchbay_seal();
