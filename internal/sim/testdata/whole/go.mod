module whole

go 1.26
