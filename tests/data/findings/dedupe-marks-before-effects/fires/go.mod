module mails

go 1.22
