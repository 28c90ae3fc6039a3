const words = (text: string): string[] => text.trim().split(/\s+/)

/**
 * Every SQL function, and to whom it answers. A new one needs a word here.
 *
 * own: to the person whose row it is; nobody else in the workspace sees or changes it by its id.
 * workspace: to the workspace; who of its people may is decided before.
 * inner: takes no workspace, and no id that a person sends reaches it without the run, connection or card having been found in their
 * workspace; or it is asked for by a secret, by the worker or by another function.
 */
export const DOORS = {
  own: words(`
    connect_submission_save connection_add connection_by_name connection_remove connection_replace
    connection_saved connections_of inputs_pending input_answer own_card_ask own_card_get own_cards_add own_cards_imported own_cards_of
    resource_subscription_add resource_subscription_get resource_subscription_remove rule_add_always rule_add_narrow rule_revoke
    runs_recent runs_summary secret_entry_of secret_entry_open sign_in_begin sign_in_code_save sign_in_code_try tool_changes_accept
    onboarding_messages_of approvals_pending person_forget person_pending person_pending_end person_runs_open
    sign_in_codes_take agents_of agent_save agent_versions_of agent_share agent_archive person_agent_set
    trigger_resume trigger_save triggers_of triggers_pause_of
    workflow_archive workflow_create workflow_edit workflow_get workflow_share workflow_versions_of workflows_forget workflows_of
  `),
  workspace: words(`
    approval_decide approval_propose approval_run approvals_decide approvers_of approvers_set approvers_told audit_append
    audit_check audit_lock audit_retention budget_state clear_connection_secure connect_submissions_forget connection_get connection_save_era
    connection_save_features connection_save_server_info connection_set_status connections_in connections_remove_all connectors_set
    feedback_save heard_messages_forget input_run installation_of installation_remove installation_save is_plain_request
    message_changed message_deleted message_hear message_unhear onboarding_message_remove onboarding_message_save
    onboarding_messages_forget own_card_class_tools own_card_decide own_card_note_asked own_card_remove
    own_cards_asked policy_for rule_add_workspace rule_remove_workspace rules_for run_add_files run_cards_search run_retention
    run_start run_state run_stop runs_stop runs_stop_once settings_change settings_of tool_call_counts usage_of_month
    approval_settle owners_set audit_list audit_named audit_person audit_seal audit_state audit_without_names
    connection_share shared_connection_managed shared_connections_in
    agent_choices agent_offer_claim agents_lock channel_agent_set thread_mute thread_muted
    trigger_delete trigger_fire trigger_get trigger_occurrences_of trigger_pause triggers_in triggers_without_success
    workflows_lock run_resume_step
  `),
  inner: words(`
    approval_expire approval_may_decide approval_reminder_release approval_reminders_claim approvals_close audit_hash audit_prune
    audit_refuse_change audit_workspaces clear_connections connect_submission_delete connect_submissions_claim
    connection_keep_pins connection_pin conversation_history conversation_open_run entry_with_secret_headers exchange_before
    heard_in_conversation heard_messages_prune input_expire input_reminder_release input_reminders_claim inputs_close
    is_header_value message_lock month_start own_card_json pin_words registry_entry_of registry_sync_claim registry_sync_finish
    registry_sync_postpone registry_sync_save_page resource_changes_claim resource_subscription_changed
    resource_subscriptions_claim resource_subscriptions_release restrict_access retention_prune rule_row run_append
    run_append_locked run_apply_projections run_card_count_connection run_card_get run_cards_save_curated run_claim
    run_claim_if_free run_close run_corrected_by run_events_bare run_join_queued run_load run_message_ts run_owners run_poll
    run_read run_release run_release_owner run_suspend run_waits run_withdraw runs_forget_heard runs_forget_rules runs_prune
    runs_to_join schema_version secret_entries_expired secret_entry_delete secret_entry_look secret_entry_take sign_in_code_delete
    sign_in_codes_claim sign_in_look sign_in_take slack_event_forget slack_event_known slack_event_seen slack_events_prune
    slack_message_remove slack_message_save slack_messages_of token_refresh_claim token_refresh_release tool_changes_claim
    tool_changes_told tool_pin_hash tool_pins_take tool_usage_prune withdrawn_event approval_vote credential_references vault_read
    vault_remove vault_save vault_state audit_call users_without run_event_without_words
    shared_connection_row shared_connections_from_files agent_row child_settle children_unsettled note_add notes_of rate_block
    rate_take run_delegate run_stop_children
    trigger_count_outcome trigger_is_running trigger_news_told trigger_not_started trigger_occurrence_row trigger_pause_itself trigger_refused trigger_row trigger_run_ended trigger_skip_late trigger_started trigger_summary trigger_take trigger_unsuccessful_since triggers_forget_person triggers_poll triggers_report_unsuccessful
    workflow_row
  `),
}

/** They give everybody the same, or only write the audit: nothing shows that the ids were right. */
export const SAME_FOR_ALL = words(
  'agents_lock audit_append audit_lock audit_retention is_plain_request rule_add_always run_retention workflows_lock',
)
