# Fills a fresh Redmine with invented data and prints one JSON line: the API key and what was made.
# Run by `./dev test` through `rails runner`; deterministic apart from the API key.
#
# Rows are inserted in bulk inside one transaction: 1,000 issues through the models take minutes, this takes seconds.

require 'json'

ISSUES = 1_000
DAY = 86_400
EPOCH = Time.utc(2026, 1, 5, 8, 0, 0)
SUBJECTS = ['VPN drops every hour', 'Printer on floor 3 is "offline"', 'Umlauts broken: Grüße & <b>tags</b>',
            'Reset password', 'Invoice export is slow', 'New laptop', '会議室の予約ができない', 'Login page shows 500'].freeze
NAMES = %w[Ada:Byron Grace:Hopper Alan:Turing Edsger:Dijkstra Barbara:Liskov Donald:Knuth Margaret:Hamilton
           Ken:Thompson Radia:Perlman José:Núñez Søren:Ørsted Katherine:Johnson].freeze

def admin_with_key
  Setting.rest_api_enabled = '1'
  Setting.notified_events = []
  admin = User.find_by!(login: 'admin')
  admin.password = admin.password_confirmation = 'Adm1n-pass'
  admin.must_change_passwd = false
  admin.mail = 'admin@example.test'
  admin.save!
  admin
end

def make_users
  NAMES.each_with_index.map do |name, index|
    first, last = name.split(':')
    user = User.new(firstname: first, lastname: last, mail: "user#{index + 1}@example.test", language: 'en')
    user.login = "user#{index + 1}"
    user.password = user.password_confirmation = "pass-word-#{index + 1}"
    user.mail_notification = 'none'
    user.save!
    user
  end
end

def make_projects(users)
  role = Role.givable.first
  [%w[support Support], %w[website Website], %w[erp ERP\ rollout]].map do |identifier, name|
    project = Project.create!(identifier: identifier, name: name, description: "All about #{name}.", is_public: true,
                              trackers: Tracker.all.to_a, enabled_module_names: %w[issue_tracking time_tracking files])
    users.each { |user| Member.create!(project: project, principal: user, roles: [role]) }
    %w[Hardware Software Accounts].each { |category| project.issue_categories.create!(name: category) }
    { '1.0' => 'closed', '1.1' => 'open' }.each { |version, status| project.versions.create!(name: version, status: status) }
    project
  end
end

def make_custom_field
  IssueCustomField.create!(name: 'Customer', field_format: 'string', is_for_all: true, trackers: Tracker.all.to_a)
end

def issue_row(number, projects, users, lists)
  project = projects[number % projects.size]
  created = EPOCH + number * DAY / 10
  status = lists[:statuses][number % lists[:statuses].size]
  { id: number, project_id: project.id, tracker_id: lists[:trackers][number % lists[:trackers].size].id,
    subject: "#{SUBJECTS[number % SUBJECTS.size]} (#{number})",
    description: number % 7 == 0 ? nil : "Reported by phone.\n\n* step 1\n* step #{number}\n\n<pre>log & trace</pre>",
    category_id: number % 4 == 0 ? nil : lists[:categories][project.id][number % 3],
    fixed_version_id: number % 5 == 0 ? lists[:versions][project.id][number % 2] : nil,
    status_id: status.id, priority_id: lists[:priorities][number % lists[:priorities].size].id,
    author_id: users[number % users.size].id,
    assigned_to_id: number % 3 == 0 ? nil : users[(number * 5) % users.size].id,
    due_date: number % 6 == 0 ? (created + 14 * DAY).to_date : nil, start_date: created.to_date,
    done_ratio: status.is_closed? ? 100 : number % 10 * 10, estimated_hours: number % 8 == 0 ? 2.5 : nil,
    created_on: created, updated_on: created + (number % 48) * 3600,
    closed_on: status.is_closed? ? created + (number % 48) * 3600 : nil,
    root_id: number, lft: 1, rgt: 2, is_private: number % 50 == 0, lock_version: 0 }
end

def make_issues(projects, users, field)
  lists = { trackers: Tracker.order(:id).to_a, statuses: IssueStatus.order(:id).to_a,
            priorities: IssuePriority.order(:id).to_a,
            categories: projects.to_h { |project| [project.id, project.issue_categories.order(:id).pluck(:id)] },
            versions: projects.to_h { |project| [project.id, project.versions.order(:id).pluck(:id)] } }
  rows = (1..ISSUES).map { |number| issue_row(number, projects, users, lists) }
  rows.each_slice(100) { |slice| Issue.insert_all!(slice) }
  values = rows.select { |row| row[:id].even? }.map do |row|
    { customized_type: 'Issue', customized_id: row[:id], custom_field_id: field.id, value: "Customer #{row[:id] % 20}" }
  end
  values.each_slice(200) { |slice| CustomValue.insert_all!(slice) }
  rows
end

# Two comments on every other issue, and a change of status without a comment on every third.
def make_journals(rows, users)
  notes = rows.select { |row| row[:id].odd? }.flat_map do |row|
    [1, 2].map do |turn|
      { journalized_id: row[:id], journalized_type: 'Issue', user_id: users[(row[:id] + turn) % users.size].id,
        notes: "Comment #{turn} on issue #{row[:id]}: *done* & <i>dusted</i>.", private_notes: row[:id] % 25 == 0,
        created_on: row[:created_on] + turn * 1800 }
    end
  end
  changes = rows.select { |row| (row[:id] % 3).zero? }.map do |row|
    { journalized_id: row[:id], journalized_type: 'Issue', user_id: users[row[:id] % users.size].id, notes: '',
      private_notes: false, created_on: row[:created_on] + 5400 }
  end
  (notes + changes).each_slice(100) { |slice| Journal.insert_all!(slice) }
  details = Journal.where(notes: '').pluck(:id).map do |id|
    { journal_id: id, property: 'attr', prop_key: 'status_id', old_value: '1', value: '2' }
  end
  details.each_slice(200) { |slice| JournalDetail.insert_all!(slice) }
  notes.size
end

def make_attachments(users)
  (1..20).each do |number|
    attachment = Attachment.new(container: Issue.find(number * 10), author: users[number % users.size],
                                filename: "log-#{number}.txt", content_type: 'text/plain', description: 'from the customer')
    attachment.file = "line 1 of log #{number}\n"
    attachment.save!
  end
  20
end

# Sub-tasks, relations and time need the models: they keep a tree and other rows in step.
def make_family(users)
  User.current = users.first
  (1..5).each do |number|
    child = Issue.find(number * 6)
    child.init_journal(users.first)
    child.parent_issue_id = number * 6 + 3
    child.project_id = Issue.find(number * 6 + 3).project_id
    child.category = child.fixed_version = nil
    child.save!(validate: false)
  end
end

Redmine::DefaultData::Loader.load('en')
made = ActiveRecord::Base.transaction do
  ActionMailer::Base.perform_deliveries = false
  admin = admin_with_key
  users = make_users
  projects = make_projects(users)
  rows = make_issues(projects, users, make_custom_field)
  comments = make_journals(rows, users)
  attachments = make_attachments(users)
  make_family(users)
  { key: admin.api_key, projects: projects.size, users: User.active.count, issues: Issue.count, comments: comments,
    attachments: attachments }
end
puts made.to_json
