-- A tool is used as its owner knows it: as it was when connected, or as it was accepted since.
create table patchbay.tool_pins (
  connection_id uuid not null references patchbay.mcp_connections (id) on delete cascade,
  tool text not null,
  hash text not null,
  definition jsonb not null,
  pinned_by text,
  pinned_at timestamptz not null default clock_timestamp(),
  primary key (connection_id, tool)
);
comment on table patchbay.tool_pins is 'what was accepted of each tool of a connection; under the empty name, its server''s instructions';
comment on column patchbay.tool_pins.pinned_by is 'who accepted it; null: it was listed so when it was connected';
alter table patchbay.tool_pins enable row level security;

create table patchbay.tool_change_notes (
  connection_id uuid primary key references patchbay.mcp_connections (id) on delete cascade,
  hash text not null,
  channel text,
  message_ts text,
  told_at timestamptz not null
);
comment on table patchbay.tool_change_notes is 'the message that tells a connection''s owner of changes; one at a time, with the newest of them';
alter table patchbay.tool_change_notes enable row level security;

alter table patchbay.mcp_connections add column listing_changes jsonb;
comment on column patchbay.mcp_connections.listing_changes is 'what its server lists otherwise than it was accepted: {hash, tools: [definition], instructions}; null: nothing';
create index mcp_connections_changed on patchbay.mcp_connections (id) where listing_changes is not null;

create function patchbay.pin_words(p_text text) returns text language sql immutable set search_path = patchbay, pg_temp as $$
  select regexp_replace(regexp_replace(p_text,
    '\m(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?|(mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?|sun)(day)?|am|pm)\M',
    '0', 'gi'), '\d+', '0', 'g')
$$;
comment on function patchbay.pin_words(text) is 'a text without its dates and numbers: one that differs in nothing else is not told, and the accepted one is used';

create function patchbay.tool_pin_hash(p_tool jsonb) returns text language sql immutable set search_path = patchbay, pg_temp as $$
  select encode(sha256(convert_to(case jsonb_typeof(p_tool) when 'string' then pin_words(p_tool #>> '{}')
    else jsonb_build_array(p_tool -> 'name', pin_words(p_tool ->> 'title'), pin_words(p_tool ->> 'description'),
      p_tool -> 'inputSchema', p_tool -> 'annotations')::text end, 'UTF8')), 'hex')
$$;
comment on function patchbay.tool_pin_hash(jsonb) is 'hash of all of a tool''s definition that the model or a person is shown, or of instructions';

create function patchbay.tool_pins_take(p_id uuid, p_tools jsonb, p_instructions text, p_by text) returns void
language sql set search_path = patchbay, pg_temp as $$
  insert into tool_pins (connection_id, tool, hash, definition, pinned_by)
  select p_id, t ->> 'name', tool_pin_hash(t), t, p_by from jsonb_array_elements(p_tools) t
  union all
  select p_id, '', tool_pin_hash(to_jsonb(p_instructions)), to_jsonb(p_instructions), p_by where p_instructions is not null
  on conflict (connection_id, tool) do update set hash = excluded.hash, definition = excluded.definition,
    pinned_by = excluded.pinned_by, pinned_at = clock_timestamp()
$$;
comment on function patchbay.tool_pins_take(uuid, jsonb, text, text) is 'from now on these tools and instructions are the accepted ones';

create function patchbay.connection_pin() returns trigger language plpgsql set search_path = patchbay, pg_temp as $$
begin
  perform tool_pins_take(new.id, new.tools_available, new.server_instructions, null);
  return null;
end $$;
comment on function patchbay.connection_pin() is 'what a server lists when it is connected is accepted';
create trigger mcp_connections_pinned after insert on patchbay.mcp_connections
  for each row execute function patchbay.connection_pin();

-- However a listing is saved, what it changes waits.
create function patchbay.connection_keep_pins() returns trigger language plpgsql set search_path = patchbay, pg_temp as $$
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
end $$;
comment on function patchbay.connection_keep_pins() is 'keeps the accepted tools and instructions in place of changed ones, which wait for their owner';
create trigger mcp_connections_keep_pins before update of tools_available, server_instructions on patchbay.mcp_connections
  for each row execute function patchbay.connection_keep_pins();

create or replace function patchbay.connection_save_server_info(
  p_workspace text, p_id uuid, p_tools jsonb, p_unusable jsonb, p_instructions text, p_features jsonb
) returns jsonb language sql set search_path = patchbay, pg_temp as $$
  update mcp_connections set tools_available = p_tools, unusable_tools = p_unusable, server_instructions = p_instructions,
    server_features = coalesce(p_features, server_features)
  -- What differed may be as it was accepted again.
  where id = p_id and workspace_id = p_workspace and (listing_changes is not null
    or (tools_available, unusable_tools, server_instructions, server_features)
      is distinct from (p_tools, p_unusable, p_instructions, coalesce(p_features, server_features)));
  select null::jsonb
$$;

create function patchbay.tool_changes_accept(
  p_workspace text, p_user text, p_id uuid, p_hash text, p_tools jsonb, p_by text
) returns jsonb language plpgsql set search_path = patchbay, pg_temp as $$
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
end $$;
comment on function patchbay.tool_changes_accept(text, text, uuid, text, jsonb, text) is 'accepts some of the changes that were shown, the instructions under the empty name; null where they are others by now';

create function patchbay.tool_changes_claim(p_quiet_ms integer) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
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
$$;
comment on function patchbay.tool_changes_claim(integer) is 'connections whose owners are to be told of changes, or that nothing waits any more; one that was not told is claimed again';

create function patchbay.tool_changes_told(p_id uuid, p_channel text, p_ts text) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  update tool_change_notes set channel = p_channel, message_ts = p_ts where connection_id = p_id;
  select null::jsonb
$$;
comment on function patchbay.tool_changes_told(uuid, text, text) is 'where the owner was told, so that the next change is shown there, too';

select patchbay.tool_pins_take(id, tools_available, server_instructions, null) from patchbay.mcp_connections;

insert into patchbay.schema_versions (version, breaking) values ('20261129000033', false);
select patchbay.restrict_access();
