package hastdmain

import "os"

// closeStreams points the standard streams nowhere. They stay open: a file that got one of their
// numbers would be written into by a runtime that panics.
func closeStreams() error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	for fd := 0; fd <= 2; fd++ {
		if err := replace(int(null.Fd()), fd); err != nil {
			return err
		}
	}
	return nil
}
