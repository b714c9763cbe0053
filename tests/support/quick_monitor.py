"""cpu-monitor as it is, but with averages of one and two seconds, and new processes seen at once."""

from services.cpu_monitor.main import main
from services.cpu_monitor.sampling import measuring

if __name__ == "__main__":
    vars(measuring).update(SHORT_S=1, LONG_S=2, LOOK_EVERY_S=0.2, PROCESSES_EVERY_S=0.2)
    main()
