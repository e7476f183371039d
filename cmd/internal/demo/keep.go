package demo

import "hast/states"

// keep brings the pair up once more and prints what to do with it.
func (r *run) keep() error {
	if err := r.a.role(states.RoleSecondary); err != nil {
		return err
	}
	if err := r.b.role(states.RolePrimary); err != nil {
		return err
	}
	s, err := r.b.inSync(r.ctx, nil)
	if err != nil {
		return err
	}
	r.next("The pair stays; b is primary. To play with it:")
	r.block(`cd ` + r.dir + `
./hastctl status -c hast.conf -n b
./hastctl list -c hast.conf -n a
./hastctl status -c hast.conf -n b --json
nbdinfo '` + s.Device + `'
qemu-img dd -f raw -O raw bs=1M count=1 'if=` + s.Device + `' of=copy
kill -9 $(cat b.pid); ./hastctl role primary -c hast.conf -n a shared
./hastctl hastd -c hast.conf -n b; ./hastctl role secondary -c hast.conf -n b shared`)
	r.say("To end it:")
	r.block(`kill $(cat ` + r.a.pidfile() + `) $(cat ` + r.b.pidfile() + `); rm -r ` + r.dir)
	return nil
}
